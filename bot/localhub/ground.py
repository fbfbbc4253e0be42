"""What every desk of the tracker stands on: the database, the clock, the people and places, and the news."""

from __future__ import annotations

from dataclasses import dataclass

from bot.localhub.clock import Clock
from bot.localhub.database import Database
from bot.localhub.hooks import Hooks
from bot.localhub.news import News
from bot.localhub.people import People
from bot.localhub.repositories import Repositories


@dataclass(frozen=True, slots=True)
class Ground:
    db: Database
    clock: Clock
    people: People
    repositories: Repositories
    hooks: Hooks
    news: News


def lay(db: Database, clock: Clock) -> Ground:
    people = People(db, clock)
    repositories = Repositories(db, clock, people)
    hooks = Hooks(db, clock)
    news = News(db, clock, people, repositories=repositories, hooks=hooks)
    return Ground(db, clock, people, repositories, hooks, news)
