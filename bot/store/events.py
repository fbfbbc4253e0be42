"""The audit trail in SQL: lines are appended, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.store.announcements import ANNOUNCE
from bot.store.sql import Session, insert_into
from bot.store.tables import events
from bot.store.values import micros, to_json
from services.domain.events import Event

_ADD = insert_into(events, but=["seq"])


class SqlEvents:
    """Implements `services.ports.Events` in one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._new: list[dict[str, Any]] = []

    def append(self, events: Iterable[Event], at: datetime) -> None:
        stamp = micros(at)
        self._new += [_row(event, stamp) for event in events]

    def flush(self) -> None:
        """Write what was appended. To be the last thing that a Work does."""
        if not self._new:
            return
        if self._session.announces:
            self._session.rows(ANNOUNCE)
        self._session.each(_ADD, self._new)
        self._new = []


def _row(event: Event, at: int) -> dict[str, Any]:
    return {
        "plan_id": event.plan,
        "phase": event.phase,
        "kind": event.kind,
        "cause": event.cause,
        "actor": event.by,
        "facts": to_json(event.facts) if event.facts else "{}",
        "at": at,
        "job": event.job or None,
        "project": event.project or None,
    }
