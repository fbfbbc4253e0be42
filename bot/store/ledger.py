"""The ledger in SQL: what was written to GitHub in the last hour, so that a new process or a second one keeps the pace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, text

from bot.store.sql import Session
from bot.store.tables import allowances, writes
from bot.store.values import micros, micros_or_none, moment_or_none
from services.publishing.pace import HOUR, Hold, Pace, Quota, next_turn

_OPEN = text(
    "INSERT INTO allowances (account, held_until, limits, of_writes) VALUES (:account, NULL, 0, false)"
    " ON CONFLICT DO NOTHING"
)
_LOCK = select(allowances.c.account).where(allowances.c.account == bindparam("account")).with_for_update()
_NTH_LAST = (
    select(writes.c.at)
    .where(writes.c.account == bindparam("account"))
    .order_by(writes.c.at.desc())
    .limit(1)
    .offset(bindparam("before"))
)
_COUNT = select(func.count()).where(writes.c.account == bindparam("account"), writes.c.at > bindparam("since"))
_WRITE = text("INSERT INTO writes (account, at) VALUES (:account, :at)")
_FORGET = text("DELETE FROM writes WHERE account = :account AND at <= :since")
_HELD = select(allowances.c.held_until, allowances.c.limits, allowances.c.of_writes).where(
    allowances.c.account == bindparam("account"), allowances.c.held_until.is_not(None)
)
_HOLD = text(
    "INSERT INTO allowances (account, held_until, limits, of_writes) VALUES (:account, :until, :limits, :of_writes)"
    " ON CONFLICT (account) DO UPDATE"
    " SET held_until = excluded.held_until, limits = excluded.limits, of_writes = excluded.of_writes"
)

_TOLD = text(
    "INSERT INTO allowances (account, held_until, limits, of_writes, allowed, remaining, resets_at, told_at)"
    " VALUES (:account, NULL, 0, false, :allowed, :remaining, :resets_at, :told_at)"
    " ON CONFLICT (account) DO UPDATE SET allowed = excluded.allowed, remaining = excluded.remaining,"
    " resets_at = excluded.resets_at, told_at = excluded.told_at"
)

Begin = Callable[[], AbstractContextManager[Session]]


class SqlLedger:
    """Implements `services.publishing.pace.Ledger`; each call is a transaction of its own."""

    def __init__(self, writing: Begin, reading: Begin) -> None:
        self._writing = writing
        self._reading = reading

    def turn(self, account: str, pace: Pace, now: datetime, patience: timedelta) -> timedelta:
        with self._writing() as session:
            session.run(_OPEN, account=account)
            session.row(_LOCK, account=account)  # two processes take their turns one after the other
            at = next_turn(pace, lambda count: _nth_last(session, account, count), now)
            if at - now <= patience:
                session.run(_WRITE, account=account, at=micros(at))
                session.run(_FORGET, account=account, since=micros(now - HOUR))
            return at - now

    def written(self, account: str, now: datetime) -> int:
        with self._reading() as session:
            row = session.row(_COUNT, account=account, since=micros(now - HOUR))
        return int(row[0]) if row else 0

    def held(self, account: str) -> Hold | None:
        with self._reading() as session:
            row = session.row(_HELD, account=account)
        until = moment_or_none(row[0]) if row else None
        return Hold(until, row[1], bool(row[2])) if row and until else None

    def hold(self, account: str, hold: Hold | None) -> None:
        until, times = (hold.until, hold.times) if hold else (None, 0)
        of_writes = hold is not None and hold.of_writes
        with self._writing() as session:
            session.run(_HOLD, account=account, until=micros_or_none(until), limits=times, of_writes=of_writes)

    def told(self, account: str, quota: Quota) -> None:
        with self._writing() as session:
            session.run(
                _TOLD,
                account=account,
                allowed=quota.allowed,
                remaining=quota.remaining,
                resets_at=micros(quota.resets_at),
                told_at=micros(quota.told_at),
            )


def _nth_last(session: Session, account: str, count: int) -> datetime | None:
    row = session.row(_NTH_LAST, account=account, before=count - 1)
    return moment_or_none(row[0]) if row else None
