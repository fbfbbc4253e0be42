"""A store on each database, a second one beside it, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.store import Store
from services.domain.plan import Plan
from services.ports import PhaseText, PlanText
from tests import postgres
from tests.plans import NOW
from tests.postgres import NewDatabase


@dataclass
class HandClock:
    """Time stands still until the test moves it."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def pass_(self, time: timedelta) -> None:
        self.moment += time


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[NewDatabase]:
    with postgres.running() as new_database:
        yield new_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    new_database: NewDatabase = request.getfixturevalue("new_postgres")
    return new_database()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


OpenStore = Callable[[], Store]


@pytest.fixture
def open_store(url: str, clock: HandClock) -> Iterator[OpenStore]:
    """Opens the database once more, as another process would: with nothing remembered."""
    opened: list[Store] = []

    def open_() -> Store:
        opened.append(Store(url, clock=clock))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


class PulledPlug(Exception):
    """What the tests break a Work with."""


def text_of(plan: Plan) -> PlanText:
    """Bodies for a plan."""
    bodies = {
        key: PhaseText(f"Do *{key}*.", ((False, "first"), (True, "second")), (f"docs/{key}.md",)) for key in plan.phases
    }
    return PlanText("What it is about.", bodies)


def put(store: Store, *plans: Plan) -> None:
    """Store new plans, in a Work of their own."""
    with store.open_work() as work:
        for plan in plans:
            work.plans.add(plan, text_of(plan))


def read(store: Store, id: str = "plan") -> Plan:
    """The plan as this store sees it now."""
    with store.open_work() as work:
        plan = work.plans.find(id)
    assert plan is not None
    return plan
