"""Projects in SQL: the repositories that are served, and which of them are paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text

from bot.store.sql import Session
from bot.store.tables import projects
from bot.store.values import micros

_ADD = text("INSERT INTO projects (id, created_at, paused) VALUES (:id, :now, false) ON CONFLICT DO NOTHING")
_PAUSE = text("UPDATE projects SET paused = :paused WHERE id = :id")
_PAUSED = select(projects.c.id).where(projects.c.paused)


class SqlProjects:
    """Implements `services.ports.Projects` in one transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = micros(now)

    def add(self, id: str) -> None:
        self._session.run(_ADD, id=id, now=self._now)

    def pause(self, id: str) -> None:
        self._session.run(_PAUSE, id=id, paused=True)

    def resume(self, id: str) -> None:
        self._session.run(_PAUSE, id=id, paused=False)

    def paused(self) -> frozenset[str]:
        return frozenset(id for (id,) in self._session.rows(_PAUSED))
