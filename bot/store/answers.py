"""Answers in SQL: what was answered to a request that carried a key, so that the same request again is answered the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, text

from bot.store.access_tables import answers
from bot.store.sql import Apart, insert_into
from bot.store.values import micros

KEPT = timedelta(hours=24)

_a = answers.c
_BEGIN = insert_into(answers, suffix="ON CONFLICT (key) DO NOTHING")
_FIND = select(_a.request, _a.status, _a.content_type, _a.body).where(_a.key == bindparam("key"))
_KEEP = text("UPDATE answers SET status = :status, content_type = :content_type, body = :body WHERE key = :key")
_DROP = text("DELETE FROM answers WHERE key = :key")
_FORGET = text("DELETE FROM answers WHERE asked_at < :before")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What is known about a key: the digest of the request it came with, and the answer, if there is one yet."""

    request: str
    status: int | None
    content_type: str
    body: bytes


class Answers(Apart):
    """For 24 hours each."""

    def begin(self, key: str, request: str, now: datetime) -> KeptAnswer | None:
        """None: this request is the first with its key, and is to be answered. Else what is known of the first."""
        row = {"key": key, "request": request, "status": None, "content_type": "", "body": b"", "asked_at": micros(now)}
        with self._writing() as session:
            session.run(_FORGET, before=micros(now - KEPT))
            if session.each(_BEGIN, [row]):
                return None
            found = session.row(_FIND, key=key)
        assert found is not None
        return KeptAnswer(found[0], found[1], found[2], bytes(found[3]))

    def keep(self, key: str, status: int, content_type: str, body: bytes) -> None:
        with self._writing() as session:
            session.run(_KEEP, key=key, status=status, content_type=content_type, body=body)

    def drop(self, key: str) -> None:
        """It was not answered: the next one with this key is a first one again."""
        with self._writing() as session:
            session.run(_DROP, key=key)
