"""Commit statuses: what a service says of a commit, under a name of its own choosing. The newest of each name counts.

https://docs.github.com/en/rest/commits/statuses
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.localhub.database import Row, moment, stamp
from bot.localhub.files import Files
from bot.localhub.ground import Ground
from bot.localhub.problems import invalid, unprocessable
from bot.localhub.shapes import Json, Shapes, node_id
from bot.localhub.values import Repository, Role, User

STATES = ("error", "failure", "pending", "success")


@dataclass(frozen=True, slots=True)
class Status:
    """`context` is its name; `state` one of STATES."""

    id: int
    repository: str
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: User
    created_at: datetime


def combined(statuses: Sequence[Status]) -> str:
    """All of them as one: failure if one has failed, pending where one is, or where there is none."""
    states = {one.state for one in statuses}
    if states & {"error", "failure"}:
        return "failure"
    return "success" if states == {"success"} else "pending"


class Statuses:
    """Whoever can write says them; who listens for `status` is told."""

    def __init__(self, ground: Ground, files: Files) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._people = ground.people
        self._repositories = ground.repositories
        self._news = ground.news
        self._files = files

    def create(
        self,
        repository: Repository,
        actor: User,
        sha: str,
        state: str,
        *,
        context: str = "default",
        description: str | None = None,
        target_url: str | None = None,
    ) -> Status:
        self._repositories.demand(repository, actor, Role.WRITE)
        if state not in STATES:
            raise invalid("Status", "state", "custom")
        if sha != repository.head and not self._files.has_commit(repository, sha):
            raise unprocessable(f"No commit found for SHA: {sha}")
        with self._db.transaction():
            id = self._db.insert(
                "statuses",
                repository_id=repository.id,
                sha=sha,
                state=state,
                context=context,
                description=description,
                target_url=target_url,
                creator_id=actor.id,
                created_at=stamp(self._clock()),
            )
            status = self._read(repository, self._db.one("SELECT * FROM statuses WHERE id = ?", id))
            self._news.tell(repository.id, "status", actor, lambda: told(status, repository, self._news.shapes))
            return status

    def of(self, repository: Repository, sha: str) -> list[Status]:
        """All that were said, the newest first."""
        sql = "SELECT * FROM statuses WHERE repository_id = ? AND sha = ? ORDER BY id DESC"
        return [self._read(repository, row) for row in self._db.rows(sql, repository.id, sha)]

    def latest(self, repository: Repository, sha: str) -> list[Status]:
        """The newest of each name."""
        newest: dict[str, Status] = {}
        for one in self.of(repository, sha):
            newest.setdefault(one.context, one)
        return list(newest.values())

    def _read(self, repository: Repository, row: Row) -> Status:
        return Status(
            id=row["id"],
            repository=repository.full_name,
            sha=row["sha"],
            state=row["state"],
            context=row["context"],
            description=row["description"],
            target_url=row["target_url"],
            creator=self._people.get(row["creator_id"]),
            created_at=moment(row["created_at"]),
        )


# ---------------------------------------------------------------- how they look


def simple(status: Status, shapes: Shapes) -> Json:
    """As the combined status lists it."""
    at = stamp(status.created_at)
    return {
        "url": f"{shapes.repository_url(status.repository)}/statuses/{status.sha}",
        "avatar_url": None,
        "id": status.id,
        "node_id": node_id("SC", status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": at,
        "updated_at": at,
    }


def whole(status: Status, shapes: Shapes) -> Json:
    return {**simple(status, shapes), "creator": shapes.user(status.creator)}


def told(status: Status, repository: Repository, shapes: Shapes) -> Json:
    """The event: the status, and the commit and branches that it is about."""
    said = {name: value for name, value in simple(status, shapes).items() if name not in ("url", "node_id")}
    commit = {"sha": status.sha, "url": f"{shapes.repository_url(repository.full_name)}/commits/{status.sha}"}
    branch = {"name": repository.default_branch, "commit": commit, "protected": False}
    return {
        **said,
        "sha": status.sha,
        "name": repository.full_name,
        "commit": _commit(status, shapes),
        "branches": [branch] if status.sha == repository.head else [],
    }


def _commit(status: Status, shapes: Shapes) -> Json:
    api, page = shapes.repository_url(status.repository), f"{shapes.html}/{status.repository}/commit/{status.sha}"
    hand = {"name": status.creator.login, "email": status.creator.email, "date": stamp(status.created_at)}
    unsigned = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
    return {
        "sha": status.sha,
        "node_id": status.sha,
        "url": f"{api}/commits/{status.sha}",
        "html_url": page,
        "comments_url": f"{api}/commits/{status.sha}/comments",
        "author": None,
        "committer": None,
        "parents": [],
        "commit": {
            "url": f"{api}/git/commits/{status.sha}",
            "author": hand,
            "committer": hand,
            "message": "The newest commit",
            "tree": {"sha": status.sha, "url": f"{api}/git/trees/{status.sha}"},
            "comment_count": 0,
            "verification": unsigned,
        },
    }
