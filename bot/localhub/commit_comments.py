"""Comments on commits."""

from __future__ import annotations

from bot.localhub.comments import refuse_unfit
from bot.localhub.database import Row, moment, stamp
from bot.localhub.files import Files
from bot.localhub.ground import Ground
from bot.localhub.problems import not_found
from bot.localhub.values import CommitComment, Repository, User


class CommitComments:
    """Whoever can read may comment. Nobody is told of it by a webhook: nothing here listens to that event."""

    def __init__(self, ground: Ground, files: Files) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._people = ground.people
        self._repositories = ground.repositories
        self._files = files

    def create(self, repository: Repository, actor: User, sha: str, body: str) -> CommitComment:
        refuse_unfit("CommitComment", body)
        if not self._files.has_commit(repository, sha):
            raise not_found(f"No commit found for SHA: {sha}")
        now = stamp(self._clock())
        with self._db.transaction():
            id = self._db.insert(
                "commit_comments",
                repository_id=repository.id,
                sha=sha,
                user_id=actor.id,
                body=body,
                created_at=now,
            )
            return self._read(repository, self._db.one("SELECT * FROM commit_comments WHERE id = ?", id))

    def of(self, repository: Repository, sha: str) -> list[CommitComment]:
        """The oldest first."""
        sql = "SELECT * FROM commit_comments WHERE repository_id = ? AND sha = ? ORDER BY id"
        return [self._read(repository, row) for row in self._db.rows(sql, repository.id, sha)]

    def _read(self, repository: Repository, row: Row) -> CommitComment:
        user = self._people.get(row["user_id"])
        return CommitComment(
            id=row["id"],
            repository=repository.full_name,
            sha=row["sha"],
            user=user,
            association=self._repositories.association(repository.id, user),
            body=row["body"],
            created_at=moment(row["created_at"]),
        )
