"""Policies in SQL: of each repository the last one that was right, as it was written, so that a broken one can be outlived."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import bindparam, select, text

from bot.store.sql import Session
from bot.store.tables import policies

_LAST = select(policies.c.sha, policies.c.text).where(policies.c.project == bindparam("project"))
_KEEP = text(
    "INSERT INTO policies (project, sha, text) VALUES (:project, :sha, :text)"
    " ON CONFLICT (project) DO UPDATE SET sha = excluded.sha, text = excluded.text"
)


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """The text of a policy and the hash by which git knows it."""

    sha: str
    text: str


class SqlPolicies:
    """Each call is a transaction of its own."""

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Session]],
        writing: Callable[[], AbstractContextManager[Session]],
    ) -> None:
        self._reading = reading
        self._writing = writing

    def last(self, project: str) -> KeptPolicy | None:
        with self._reading() as session:
            row = session.row(_LAST, project=project)
        return KeptPolicy(*row) if row else None

    def keep(self, project: str, policy: KeptPolicy) -> None:
        with self._writing() as session:
            session.run(_KEEP, project=project, sha=policy.sha, text=policy.text)
