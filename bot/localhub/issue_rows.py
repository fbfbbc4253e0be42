"""Reading issues out of the database: rows into values, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bot.localhub.database import Database, Row, marks, moment, moment_or_none
from bot.localhub.ground import Ground
from bot.localhub.problems import gone, not_found
from bot.localhub.values import (
    DependencyCount,
    Issue,
    IssueAddress,
    IssueQuery,
    Label,
    Pull,
    PullQuery,
    Repository,
    SubIssueCount,
    User,
)

_SELECT = """
SELECT i.*, q.id AS pull_id, q.head, q.base, q.head_sha, q.base_sha, q.draft, q.merged_at, q.merged_by, q.merge_sha,
    r.full_name, p.number AS parent_number, pr.full_name AS parent_repository,
    (SELECT count(*) FROM comments c WHERE c.issue_id = i.id) AS comments,
    (SELECT count(*) FROM issues s WHERE s.parent_id = i.id) AS sub_total,
    (SELECT count(*) FROM issues s WHERE s.parent_id = i.id AND s.state = 'closed') AS sub_completed,
    (SELECT count(*) FROM dependencies d WHERE d.blocked_id = i.id) AS total_blocked_by,
    (SELECT count(*) FROM dependencies d WHERE d.blocking_id = i.id) AS total_blocking,
    (SELECT count(*) FROM dependencies d JOIN issues o ON o.id = d.blocking_id
        WHERE d.blocked_id = i.id AND o.state = 'open') AS blocked_by,
    (SELECT count(*) FROM dependencies d JOIN issues o ON o.id = d.blocked_id
        WHERE d.blocking_id = i.id AND i.state = 'open') AS blocking
FROM issues i
JOIN repositories r ON r.id = i.repository_id
LEFT JOIN pulls q ON q.issue_id = i.id
LEFT JOIN issues p ON p.id = i.parent_id
LEFT JOIN repositories pr ON pr.id = p.repository_id
"""
_SORTS = {"created": "i.created_at", "updated": "i.updated_at", "comments": "comments"}


class IssueRows:
    """Finds issues by number, by id, by link and by query."""

    def __init__(self, ground: Ground) -> None:
        self._db = ground.db
        self._people = ground.people
        self._repositories = ground.repositories

    def get(self, issue_id: int) -> Issue:
        """The issue of that database id; 404 if there is none or it was deleted."""
        return self._only("i.id = ? AND i.deleted_at IS NULL", issue_id)

    def numbered(self, repository: Repository, number: int) -> Issue:
        """The issue of that number; 404 if there never was one, 410 if it was deleted."""
        sql = "SELECT deleted_at FROM issues WHERE repository_id = ? AND number = ?"
        if self._db.one(sql, repository.id, number)["deleted_at"]:
            raise gone("This issue was deleted")
        return self._only("i.repository_id = ? AND i.number = ?", repository.id, number)

    def _only(self, condition: str, *values: object) -> Issue:
        found = self.where(condition, *values)
        if not found:
            raise not_found()
        return found[0]

    def sub_issues(self, issue: Issue) -> list[Issue]:
        return self.where("i.parent_id = ? ORDER BY i.position", issue.id)

    def blockers(self, issue: Issue) -> list[Issue]:
        condition = "i.id IN (SELECT blocking_id FROM dependencies WHERE blocked_id = ?) ORDER BY i.id"
        return self.where(condition, issue.id)

    def blocked(self, issue: Issue) -> list[Issue]:
        condition = "i.id IN (SELECT blocked_id FROM dependencies WHERE blocking_id = ?) ORDER BY i.id"
        return self.where(condition, issue.id)

    def matching(self, repository: Repository, query: IssueQuery, *, limit: int = -1, offset: int = 0) -> list[Issue]:
        condition, values = _condition(repository, query)
        order = "ASC" if query.direction == "asc" else "DESC"
        page = f"ORDER BY {_SORTS[query.sort]} {order}, i.number {order} LIMIT ? OFFSET ?"
        return self.where(f"{condition} {page}", *values, limit, offset)

    def pulls(self, repository: Repository, query: PullQuery) -> list[Issue]:
        wanted = {"i.state": "" if query.state == "all" else query.state, "q.head": query.head, "q.base": query.base}
        known = {column: value for column, value in wanted.items() if value}
        clauses = ["i.repository_id = ?", "q.id IS NOT NULL", *(f"{column} = ?" for column in known)]
        order = "ASC" if query.direction == "asc" else "DESC"
        page = f"ORDER BY {_SORTS[query.sort]} {order}, i.number {order}"
        return self.where(f"{' AND '.join(clauses)} {page}", repository.id, *known.values())

    def count(self, repository: Repository, query: IssueQuery) -> int:
        condition, values = _condition(repository, query)
        total: int = self._db.value(f"SELECT count(*) FROM issues i WHERE {condition}", *values)  # noqa: S608
        return total

    def where(self, condition: str, *values: object) -> list[Issue]:
        """Issues under an SQL condition of this package's own, with everything that belongs to them."""
        with self._db.lock:
            rows = self._db.rows(f"{_SELECT} WHERE {condition}", *values)
            ids = [row["id"] for row in rows]
            labels, assignees = self._labels(ids), self._assignees(ids)
            reactions = reaction_counts(self._db, "issue", ids)
        return [self._issue(row, labels[row["id"]], assignees[row["id"]], reactions.get(row["id"], {})) for row in rows]

    def _labels(self, ids: list[int]) -> dict[int, list[Label]]:
        sql = f"""
            SELECT il.issue_id, l.*, r.full_name FROM issue_labels il
            JOIN labels l ON l.id = il.label_id JOIN repositories r ON r.id = l.repository_id
            WHERE il.issue_id IN ({marks(ids)}) ORDER BY il.rowid"""  # noqa: S608
        found = defaultdict(list)
        for row in self._db.rows(sql, *ids):
            label = Label(
                row["id"], row["full_name"], row["name"], row["color"], row["description"], bool(row["is_default"])
            )
            found[row["issue_id"]].append(label)
        return found

    def _assignees(self, ids: list[int]) -> dict[int, list[User]]:
        sql = f"SELECT * FROM issue_assignees WHERE issue_id IN ({marks(ids)}) ORDER BY rowid"  # noqa: S608
        found = defaultdict(list)
        for row in self._db.rows(sql, *ids):
            found[row["issue_id"]].append(self._people.get(row["user_id"]))
        return found

    def _issue(self, row: Row, labels: Iterable[Label], assignees: Iterable[User], reactions: dict[str, int]) -> Issue:
        user = self._people.get(row["user_id"])
        return Issue(
            id=row["id"],
            number=row["number"],
            repository_id=row["repository_id"],
            repository=row["full_name"],
            title=row["title"],
            body=row["body"],
            state=row["state"],
            state_reason=row["state_reason"],
            user=user,
            association=self._repositories.association(row["repository_id"], user),
            labels=tuple(labels),
            assignees=tuple(assignees),
            comments=row["comments"],
            parent=_parent(row),
            sub_issues=SubIssueCount(row["sub_total"], row["sub_completed"]),
            dependencies=DependencyCount(
                row["blocked_by"], row["blocking"], row["total_blocked_by"], row["total_blocking"]
            ),
            reactions=reactions,
            created_at=moment(row["created_at"]),
            updated_at=moment(row["updated_at"]),
            closed_at=moment_or_none(row["closed_at"]),
            closed_by=self._people.get(row["closed_by"]) if row["closed_by"] else None,
            pull=self._pull(row) if row["pull_id"] else None,
        )

    def _pull(self, row: Row) -> Pull:
        return Pull(
            id=row["pull_id"],
            head=row["head"],
            base=row["base"],
            head_sha=row["head_sha"],
            base_sha=row["base_sha"],
            draft=bool(row["draft"]),
            merged_at=moment_or_none(row["merged_at"]),
            merged_by=self._people.get(row["merged_by"]) if row["merged_by"] else None,
            merge_sha=row["merge_sha"],
        )


def _parent(row: Row) -> IssueAddress | None:
    if row["parent_id"] is None:
        return None
    return IssueAddress(row["parent_id"], row["parent_repository"], row["parent_number"])


def _condition(repository: Repository, query: IssueQuery) -> tuple[str, list[object]]:
    clauses, values = ["i.repository_id = ?", "i.deleted_at IS NULL"], [repository.id]
    wanted: list[tuple[str, object | None]] = [
        ("i.state = ?", None if query.state == "all" else query.state),
        ("i.updated_at >= ?", query.since and query.since.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("i.user_id = (SELECT id FROM users WHERE login = ?)", query.creator),
        *[(_HAS_LABEL, label) for label in query.labels],
        *_assigned(query.assignee),
    ]
    clauses += [clause for clause, value in wanted if value is not None]
    known = [value for _, value in wanted if value is not None]
    return " AND ".join(clauses), [*values, *known]


_HAS_LABEL = """i.id IN (SELECT il.issue_id FROM issue_labels il JOIN labels l ON l.id = il.label_id
                         WHERE l.repository_id = i.repository_id AND l.name = ?)"""


def _assigned(assignee: str | None) -> list[tuple[str, object]]:
    anybody = "i.id IN (SELECT issue_id FROM issue_assignees"
    if assignee is None:
        return []
    if assignee in {"*", "none"}:
        return [(f"({anybody})) = ?", assignee == "*")]
    return [(f"{anybody} a JOIN users u ON u.id = a.user_id WHERE u.login = ?)", assignee)]


def reaction_counts(db: Database, subject: str, ids: list[int]) -> dict[int, dict[str, int]]:
    """How often each reaction was given, by id of the issue or comment."""
    sql = f"""SELECT subject_id, content, count(*) AS times FROM reactions
              WHERE subject = ? AND subject_id IN ({marks(ids)}) GROUP BY subject_id, content"""  # noqa: S608
    found: dict[int, dict[str, int]] = {}
    for row in db.rows(sql, subject, *ids):
        found.setdefault(row["subject_id"], {})[row["content"]] = row["times"]
    return found
