"""Pruning: what has been dealt with long ago makes room. What still waits, or has failed for good, stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, bindparam, delete, select

from bot.store.ci_tickets import ci_tickets
from bot.store.drafts import KEPT_FOR, drafts
from bot.store.jobs import jobs
from bot.store.sql import Session
from bot.store.tables import causes, events, inbox, outbox, word
from bot.store.values import micros

BATCH = 1_000
"""Rows that go in one transaction, so that nobody waits long for it."""


class _Opening(Protocol):
    def __call__(self) -> AbstractContextManager[Session]: ...


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what has been dealt with is kept, and how long the audit trail is; None: for ever."""

    dealt_with: timedelta | None
    audit: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows of one table that may go: found by a reader, which holds nobody up, and deleted by their keys."""

    find: Any
    delete: Any

    @classmethod
    def of(cls, table: Table, key: ColumnElement[Any], at: ColumnElement[Any], *only: ColumnElement[bool]) -> _Kind:
        old = select(key).where(at < bindparam("before"), *only).limit(bindparam("limit"))
        return cls(old, delete(table).where(key == bindparam("key_")))


_DEALT_WITH = (
    _Kind.of(inbox, inbox.c.seq, inbox.c.received_at, inbox.c.state == word("applied")),
    _Kind.of(causes, causes.c.cause, causes.c.applied_at),
    _Kind.of(outbox, outbox.c.id, outbox.c.created_at, outbox.c.state == word("done")),
    _Kind.of(jobs, jobs.c.seq, jobs.c.created_at),
)
_EXPIRED = (
    _Kind.of(drafts, drafts.c.id, drafts.c.created_at),
    _Kind.of(ci_tickets, ci_tickets.c.digest, ci_tickets.c.expires_at),
)
_AUDIT = (_Kind.of(events, events.c.seq, events.c.at),)


def prune(reading: _Opening, writing: _Opening, retention: Retention, now: datetime) -> int:
    """Delete what is older; how many rows that were."""
    return sum(_prune(kind, reading, writing, micros(now - age)) for kind, age in _kinds(retention))


def _kinds(retention: Retention) -> Iterator[tuple[_Kind, timedelta]]:
    for kinds, age in ((_DEALT_WITH, retention.dealt_with), (_AUDIT, retention.audit), (_EXPIRED, KEPT_FOR)):
        if age is not None:
            yield from ((kind, age) for kind in kinds)


def _prune(kind: _Kind, reading: _Opening, writing: _Opening, before: int) -> int:
    pruned = 0
    while True:
        with reading() as session:
            keys = [{"key_": key} for (key,) in session.rows(kind.find, before=before, limit=BATCH)]
        if keys:
            with writing() as session:
                session.each(kind.delete, keys)
        pruned += len(keys)
        if len(keys) < BATCH:
            return pruned
