"""The inbox in SQL: deliveries as they arrived, what they mean, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, text

from bot.store.scheduling import take_turn
from bot.store.sql import LONGEST_LIST, Listed, Row, Session, insert_into
from bot.store.tables import inbox, inbox_open, inbox_tried
from bot.store.values import micros, micros_or_none, moment, moment_or_none, storable, to_json
from services.domain import messages as codec
from services.domain.messages import Message
from services.ports import Delivery

_c = inbox.c
_READ = (_c.id, _c.source, _c.event, _c.headers, _c.body, _c.messages, _c.received_at)
_IS_DUE = or_(_c.retry_at.is_(None), _c.retry_at <= bindparam("now"))
_OLDEST = select(*_READ).where(_IS_DUE).order_by(_c.seq).limit(bindparam("limit"))
_RECEIVED = _OLDEST.where(inbox_open, _c.messages.is_(None))
# In a burst these are few, among thousands that were not looked at.
_RESOLVED = _OLDEST.where(inbox_tried, _c.messages.is_not(None))
_KNOWN = Listed(lambda ids: select(_c.id, _c.state).where(_c.id.in_(ids)))
_NEXT_RETRY = select(func.min(_c.retry_at)).where(inbox_tried, _c.retry_at.is_not(None))

_ADD = insert_into(inbox, but=["seq"], suffix="ON CONFLICT (id) DO NOTHING")
_AGAIN = text(
    "UPDATE inbox SET state = :state, event = :event, headers = :headers, body = :body, messages = :messages,"
    " error = '', retry_at = NULL, received_at = :received_at WHERE id = :id AND state IN ('failed', 'dead')"
)
_RESOLVE = text(
    "UPDATE inbox SET state = 'resolved', messages = :messages, error = '', retry_at = NULL"
    " WHERE id = :id AND state IN ('received', 'failed')"
)
_FINISH = text("UPDATE inbox SET state = 'applied', error = '', retry_at = NULL WHERE id = :id")
_FAIL = text(
    "UPDATE inbox SET state = :state, tries = tries + 1, error = :error, retry_at = :retry_at"
    " WHERE id = :id AND state <> 'applied'"
)


class SqlInbox:
    """Implements `services.ports.Inbox` in one transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = micros(now)
        self._new: dict[str, dict[str, Any]] = {}
        self._finished: list[dict[str, str]] = []

    def receive(self, deliveries: Sequence[Delivery]) -> list[bool]:
        states: dict[str, str] = dict(self._session.among(_KNOWN, [delivery.id for delivery in deliveries]))
        states.update((id, row["state"]) for id, row in self._new.items())
        return [self._receive(delivery, states) for delivery in deliveries]

    def _receive(self, delivery: Delivery, states: dict[str, str]) -> bool:
        state = states.get(delivery.id)
        if state not in _WELCOME:
            return False
        row = _row(delivery)
        states[delivery.id] = row["state"]
        if state is None:
            self._new[delivery.id] = row
        else:
            self._session.run(_AGAIN, **row)
        return True

    def received(self, limit: int) -> list[Delivery]:
        self.flush()
        return [_delivery(row) for row in self._session.rows(_RECEIVED, limit=limit, now=self._now)]

    def resolve(self, id: str, messages: Sequence[Message]) -> None:
        self.flush()
        self._session.run(_RESOLVE, id=id, messages=_encoded(messages))

    def resolved(self, limit: int) -> list[Delivery]:
        self.flush()
        take_turn(self._session)
        return [_delivery(row) for row in self._session.rows(_RESOLVED, limit=limit, now=self._now)]

    def finish(self, ids: Sequence[str]) -> None:
        for id in ids:
            if id in self._new:
                self._new[id]["state"] = "applied"
            else:
                self._finished.append({"id": id})

    def fail(self, id: str, error: str, *, retry_at: datetime | None) -> None:
        self.flush()
        state = "dead" if retry_at is None else "failed"
        self._session.run(_FAIL, id=id, state=state, error=storable(error), retry_at=micros_or_none(retry_at))

    def next_retry(self) -> datetime | None:
        self.flush()
        row = self._session.row(_NEXT_RETRY)
        return moment_or_none(row[0]) if row else None

    def first_time(self, causes: Collection[str]) -> set[str]:
        wanted = sorted(set(causes))  # in one order everywhere, so that two Works cannot wait for each other
        new: set[str] = set()
        for start in range(0, len(wanted), LONGEST_LIST):
            new.update(self._first_time(wanted[start : start + LONGEST_LIST]))
        return new

    def _first_time(self, causes: list[str]) -> list[str]:
        statement, values = _APPLY.of(causes)
        return [cause for (cause,) in self._session.rows(statement, **values, now=self._now)]

    def flush(self) -> None:
        """Write what was received and finished."""
        self._session.each(_ADD, list(self._new.values()))
        self._session.each(_FINISH, self._finished)
        self._new.clear()
        self._finished = []


_WELCOME = (None, "failed", "dead")


def _apply(marks: Sequence[Any]) -> Any:
    rows = ", ".join(f"(:{mark.key}, :now)" for mark in marks)
    return text(f"INSERT INTO causes (cause, applied_at) VALUES {rows} ON CONFLICT DO NOTHING RETURNING cause")  # noqa: S608


_APPLY = Listed(_apply)


def _row(delivery: Delivery) -> dict[str, Any]:
    messages = delivery.messages
    return {
        "id": delivery.id,
        "source": delivery.source,
        "event": delivery.event,
        "headers": to_json(dict(delivery.headers)),
        "body": delivery.body,
        "messages": None if messages is None else _encoded(messages),
        "state": "received" if messages is None else "resolved",
        "tries": 0,
        "error": "",
        "retry_at": None,
        "received_at": micros(delivery.received_at),
    }


def _encoded(messages: Sequence[Message]) -> str:
    return codec.encode(list(messages)).decode()


def _delivery(row: Row) -> Delivery:
    id, source, event, headers, body, messages, received_at = row
    return Delivery(
        id=id,
        source=source,
        event=event,
        headers=json.loads(headers),
        body=body,
        messages=None if messages is None else tuple(codec.decode(messages)),
        received_at=moment(received_at),
    )
