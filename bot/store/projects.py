"""Projects in SQL: the repositories that are served, and which of them are paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, or_, select, text

from bot.store.sql import Session
from bot.store.tables import projects, word, yes
from bot.store.values import micros
from services.domain.absence import Absence, set_aside

_p = projects.c
IS_PAUSED = or_(yes(_p.paused), _p.paused_for != word(""))

_ADD = text("INSERT INTO projects (id, created_at, paused) VALUES (:id, :now, false) ON CONFLICT DO NOTHING")
_PAUSE = text("UPDATE projects SET paused = true WHERE id = :id")
_RESUME = text("UPDATE projects SET paused = false, paused_for = '' WHERE id = :id")
_REST = text("UPDATE projects SET paused_for = :paused_for WHERE id = :id")
_NUMBER = text("UPDATE projects SET repository = :repository WHERE id = :id")
_ONE = select(_p.paused_for, _p.repository).where(_p.id == bindparam("id"))
_OF_NUMBER = select(_p.id).where(_p.repository == bindparam("repository"))
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
        "UPDATE drafts SET project = :name WHERE project = :id",
        "UPDATE jobs SET project = :name WHERE project = :id",
        "UPDATE events SET project = :name WHERE job IS NOT NULL AND project = :id",
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

    def see(self, id: str, *, name: str, paused_for: str, repository: int | None = None) -> bool:
        known = self._session.row(_ONE, id=id)
        if known is None:
            return False
        number = repository if repository is not None else known[1]
        if name == id and (paused_for, number) == tuple(known):
            return False
        self._session.run(_REST, id=id, paused_for=paused_for)
        self._make_room(id, name, number)
        self._rename(id, name)
        self._session.run(_NUMBER, id=name, repository=number)
        return True

    def _make_room(self, id: str, name: str, number: int | None) -> None:
        """Another repository that was known by this name is that no more; one of this number is the same as this one."""
        there = self._session.row(_ONE, id=name) if name != id else None
        if there is not None and there[1] not in (None, number):
            self._rename(name, parked := set_aside(name, there[1]))
            self._session.run(_REST, id=parked, paused_for=Absence.GONE.value)
            self._session.run(_NUMBER, id=parked, repository=there[1])
        same = self._session.row(_OF_NUMBER, repository=number) if number is not None else None
        if same is not None and same[0] not in (id, name):
            self._rename(same[0], name)

    def _rename(self, id: str, name: str) -> None:
        if name != id:
            for statement in _RENAME:
                self._session.run(statement, id=id, name=name)

    def paused(self) -> dict[str, str]:
        return dict(self._session.rows(_PAUSED))
