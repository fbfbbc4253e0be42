"""Cursors in SQL: how far the lists of a tracker were read, so that a restart goes on where the last process ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select, text

from bot.store.sql import Apart
from bot.store.tables import cursors
from bot.store.values import micros, moment

_AT = select(cursors.c.at).where(cursors.c.name == bindparam("name"))
_MOVE = text(
    "INSERT INTO cursors (name, at) VALUES (:name, :at) ON CONFLICT (name) DO UPDATE SET at = excluded.at"
    " WHERE excluded.at > cursors.at"
)


class Cursors(Apart):
    """Moments by the names of lists. They only move on."""

    def at(self, name: str) -> datetime | None:
        """How far it was read; None if it never was."""
        with self._reading() as session:
            row = session.row(_AT, name=name)
        return moment(row[0]) if row else None

    def move(self, name: str, at: datetime) -> None:
        """Everything up to then is taken in, and durable."""
        with self._writing() as session:
            session.run(_MOVE, name=name, at=micros(at))
