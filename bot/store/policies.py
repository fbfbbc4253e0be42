"""Policies in SQL: of each repository the last one that was right, as it was written, so that a broken one can be outlived."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select, text

from bot.store.sql import Apart
from bot.store.tables import policies

_LAST = select(policies.c.sha, policies.c.text, policies.c.read_at).where(policies.c.project == bindparam("project"))
_KEEP = text(
    "INSERT INTO policies (project, sha, text, read_at) VALUES (:project, :sha, :text, :read_at)"
    " ON CONFLICT (project) DO UPDATE SET sha = excluded.sha, text = excluded.text, read_at = excluded.read_at"
)
_DROP = text("DELETE FROM policies WHERE project = :project")


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """The text of a policy, the hash by which git knows it, and the commit that made it so."""

    sha: str
    text: str
    commit: str = ""


class SqlPolicies(Apart):
    """Each call is a transaction of its own."""

    def last(self, project: str) -> KeptPolicy | None:
        with self._reading() as session:
            row = session.row(_LAST, project=project)
        return KeptPolicy(*row) if row else None

    def keep(self, project: str, policy: KeptPolicy) -> None:
        with self._writing() as session:
            session.run(_KEEP, project=project, sha=policy.sha, text=policy.text, read_at=policy.commit)

    def drop(self, project: str) -> None:
        """The repository has none any more."""
        with self._writing() as session:
            session.run(_DROP, project=project)
