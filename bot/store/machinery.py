"""Machinery: the processes that work on this database, and how much their accounts have written lately."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from bot.store.sql import Session
from bot.store.tables import allowances, holders, writes
from bot.store.values import micros, moment, moment_or_none
from services.publishing.pace import HOUR, MINUTE, Quota

_HOLDERS = select(holders.c.holder, holders.c.seen_at).order_by(holders.c.seen_at.desc()).limit(100)
_a = allowances.c
_HELD = select(_a.account, _a.held_until, _a.allowed, _a.remaining, _a.resets_at, _a.told_at).order_by(_a.account)
_WRITTEN = select(writes.c.account, func.count()).where(writes.c.at > bindparam("since")).group_by(writes.c.account)


@dataclass(frozen=True, slots=True)
class Seen:
    """A process that has claimed something, and when it gave its last sign of life."""

    holder: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """In whose name is written: how often in the last minute and hour, until when nothing may be, and what GitHub allows."""

    name: str
    in_minute: int
    in_hour: int
    held_until: datetime | None
    quota: Quota | None = None
    """As GitHub said last; None before it has."""


class Machinery:
    """Answers from one database."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Session]]) -> None:
        self._reading = reading

    def seen(self) -> list[Seen]:
        """The one that was seen last comes first."""
        with self._reading() as session:
            return [Seen(holder, moment(at)) for holder, at in session.rows(_HOLDERS)]

    def accounts(self, now: datetime) -> list[Account]:
        with self._reading() as session:
            in_hour = dict[str, int](session.rows(_WRITTEN, since=micros(now - HOUR)))
            in_minute = dict[str, int](session.rows(_WRITTEN, since=micros(now - MINUTE)))
            return [
                Account(name, in_minute.get(name, 0), in_hour.get(name, 0), _still(until, now), _quota(*told))
                for name, until, *told in session.rows(_HELD)
            ]


def _still(until: int | None, now: datetime) -> datetime | None:
    """None once it is over."""
    moment = moment_or_none(until)
    return moment if moment and moment > now else None


def _quota(allowed: int | None, remaining: int | None, resets_at: int | None, told_at: int | None) -> Quota | None:
    if allowed is None or remaining is None or resets_at is None or told_at is None:
        return None
    return Quota(allowed, remaining, moment(resets_at), moment(told_at))
