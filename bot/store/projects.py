"""Projects in SQL: the repositories that are served, and which of them are paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, or_, select, text

from bot.store.sql import Session
from bot.store.tables import projects, word, yes
from bot.store.values import micros

_p = projects.c
IS_PAUSED = or_(yes(_p.paused), _p.paused_for != word(""))

_ADD = text("INSERT INTO projects (id, created_at, paused) VALUES (:id, :now, false) ON CONFLICT DO NOTHING")
_PAUSE = text("UPDATE projects SET paused = true WHERE id = :id")
_RESUME = text("UPDATE projects SET paused = false, paused_for = '' WHERE id = :id")
_REST = text("UPDATE projects SET paused_for = :paused_for WHERE id = :id")
_ONE = select(_p.paused_for).where(_p.id == bindparam("id"))
_PAUSED = select(_p.id, _p.paused_for).where(IS_PAUSED)

_RENAME = tuple(
    text(statement)
    for statement in (
        "INSERT INTO projects (id, created_at, paused, paused_for)"
        " SELECT :name, created_at, paused, paused_for FROM projects WHERE id = :id ON CONFLICT DO NOTHING",
        # the version moves on, because what is remembered of a plan is remembered by it
        "UPDATE plans SET project = :name, version = version + 1 WHERE project = :id",
        "UPDATE outbox SET project = :name WHERE project = :id AND state <> 'done'",
        "UPDATE api_tokens SET project = :name WHERE project = :id",
        "DELETE FROM policies WHERE project = :id",  # read again under the new name
        "DELETE FROM projects WHERE id = :id",
    )
)
"""In this order: plans refer to the row of their project."""


class SqlProjects:
    """Implements `services.ports.Projects` in one transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = micros(now)

    def add(self, id: str) -> None:
        self._session.run(_ADD, id=id, now=self._now)

    def pause(self, id: str) -> None:
        self._session.run(_PAUSE, id=id)

    def resume(self, id: str) -> None:
        self._session.run(_RESUME, id=id)

    def see(self, id: str, *, name: str, paused_for: str) -> bool:
        known = self._session.row(_ONE, id=id)
        if known is None or (name == id and known[0] == paused_for):
            return False
        self._session.run(_REST, id=id, paused_for=paused_for)
        if name != id:
            for statement in _RENAME:
                self._session.run(statement, id=id, name=name)
        return True

    def paused(self) -> dict[str, str]:
        return dict(self._session.rows(_PAUSED))
