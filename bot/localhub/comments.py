"""Comments on issues."""

from __future__ import annotations

from datetime import datetime

from bot.localhub import limits
from bot.localhub.database import Row, moment, stamp
from bot.localhub.ground import Ground
from bot.localhub.issue_rows import IssueRows, reaction_counts
from bot.localhub.problems import forbidden, invalid
from bot.localhub.values import Comment, Issue, IssueAddress, Repository, Role, User

_SELECT = """
SELECT c.*, i.number, i.repository_id, r.full_name FROM comments c
JOIN issues i ON i.id = c.issue_id JOIN repositories r ON r.id = i.repository_id
WHERE i.deleted_at IS NULL"""


class Comments:
    """Whoever can read may comment; the author and those who can write may edit and delete."""

    def __init__(self, ground: Ground, rows: IssueRows) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._people = ground.people
        self._repositories = ground.repositories
        self._rows = rows
        self._news = ground.news

    def create(self, issue: Issue, actor: User, body: str) -> Comment:
        refuse_unfit("IssueComment", body)
        now = stamp(self._clock())
        with self._db.transaction():
            comment_id = self._db.insert(
                "comments", issue_id=issue.id, user_id=actor.id, body=body, created_at=now, updated_at=now
            )
            self._db.update("issues", issue.id, updated_at=now)
            comment = self._only(comment_id)
            self._news.record(issue, "commented", actor, {"comment": comment_id})
            self._news.comment("created", comment, self._rows.get(issue.id), actor)
            return comment

    def _only(self, comment_id: int) -> Comment:
        return self._read([self._db.one(f"{_SELECT} AND c.id = ?", comment_id)])[0]

    def get(self, repository: Repository, comment_id: int) -> Comment:
        return self._read([self._db.one(f"{_SELECT} AND c.id = ? AND r.id = ?", comment_id, repository.id)])[0]

    def of_issue(self, issue: Issue, *, since: datetime | None = None) -> list[Comment]:
        """The oldest first."""
        sql = f"{_SELECT} AND c.issue_id = ? AND c.updated_at >= ? ORDER BY c.id"
        return self._read(self._db.rows(sql, issue.id, stamp(since) if since else ""))

    def of_repository(self, repository: Repository, *, since: datetime | None = None) -> list[Comment]:
        """In the order of their ids, as GitHub lists them by default."""
        sql = f"{_SELECT} AND r.id = ? AND c.updated_at >= ? ORDER BY c.id"
        return self._read(self._db.rows(sql, repository.id, stamp(since) if since else ""))

    def edit(self, repository: Repository, comment: Comment, actor: User, body: str) -> Comment:
        self._demand_hand(repository, comment, actor)
        refuse_unfit("IssueComment", body)
        with self._db.transaction():
            self._db.update("comments", comment.id, body=body, updated_at=stamp(self._clock()))
            edited = self._only(comment.id)
            if body != comment.body:
                changes = {"body": {"from": comment.body}}
                self._news.comment("edited", edited, self._rows.get(comment.issue.id), actor, changes=changes)
            return edited

    def delete(self, repository: Repository, comment: Comment, actor: User) -> None:
        self._demand_hand(repository, comment, actor)
        with self._db.transaction():
            self._db.run("DELETE FROM comments WHERE id = ?", comment.id)
            self._db.update("issues", comment.issue.id, updated_at=stamp(self._clock()))
            self._news.comment("deleted", comment, self._rows.get(comment.issue.id), actor)

    def _demand_hand(self, repository: Repository, comment: Comment, actor: User) -> None:
        if comment.user != actor and not self._repositories.allows(repository, actor, Role.WRITE):
            raise forbidden()

    def _read(self, rows: list[Row]) -> list[Comment]:
        reactions = reaction_counts(self._db, "comment", [row["id"] for row in rows])
        return [self._comment(row, reactions.get(row["id"], {})) for row in rows]

    def _comment(self, row: Row, reactions: dict[str, int]) -> Comment:
        user = self._people.get(row["user_id"])
        return Comment(
            id=row["id"],
            issue=IssueAddress(row["issue_id"], row["full_name"], row["number"]),
            user=user,
            association=self._repositories.association(row["repository_id"], user),
            body=row["body"],
            reactions=reactions,
            created_at=moment(row["created_at"]),
            updated_at=moment(row["updated_at"]),
        )


def refuse_unfit(resource: str, body: str) -> None:
    """422 for nothing, and for too much."""
    if not body.strip():
        raise invalid(resource, "body", "missing_field")
    if len(body) > limits.BODY:
        too_long = f"body is too long (maximum is {limits.BODY} characters)"
        raise invalid(resource, "data", "unprocessable", too_long)
