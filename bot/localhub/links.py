"""Links between issues: sub-issues under a parent, and what blocks what.

Both go by database id. The rules are those of docs.github.com/rest/issues/sub-issues and /issue-dependencies.
"""

from __future__ import annotations

from bot.localhub import limits
from bot.localhub.clock import Clock
from bot.localhub.database import Database, stamp
from bot.localhub.ground import Ground
from bot.localhub.issue_rows import IssueRows
from bot.localhub.problems import not_found, unprocessable
from bot.localhub.shapes import Json
from bot.localhub.values import Issue, Role, User

_LEVELS_ABOVE = """
WITH RECURSIVE line (id, parent_id) AS (
    SELECT id, parent_id FROM issues WHERE id = ?
    UNION ALL SELECT i.id, i.parent_id FROM issues i JOIN line ON i.id = line.parent_id
) SELECT count(*) - 1 FROM line"""
_LEVELS_BELOW = """
WITH RECURSIVE tree (id, level) AS (
    SELECT ?, 0
    UNION ALL SELECT i.id, level + 1 FROM issues i JOIN tree ON i.parent_id = tree.id
) SELECT max(level) FROM tree"""
_IS_BELOW = """
WITH RECURSIVE tree (id) AS (
    SELECT ?
    UNION SELECT i.id FROM issues i JOIN tree ON i.parent_id = tree.id
) SELECT count(*) FROM tree WHERE id = ?"""


class SubIssues:
    """A parent and its children, in an order of their own. Every call answers with the parent, as GitHub does."""

    def __init__(self, ground: Ground, rows: IssueRows) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._repositories = ground.repositories
        self._rows = rows
        self._news = ground.news

    def add(self, parent: Issue, child_id: int, actor: User, *, replace_parent: bool = False) -> Issue:
        """Put the child last under the parent."""
        with self._db.transaction():
            child = self._rows.get(child_id)
            self._demand_triage(parent, actor)
            self._demand_triage(child, actor)
            self._check(parent, child, replace_parent=replace_parent)
            if child.parent:
                self._detach(self._rows.get(child.parent.id), child, actor)
            last = self._db.value("SELECT coalesce(max(position), 0) FROM issues WHERE parent_id = ?", parent.id)
            self._db.update("issues", child.id, parent_id=parent.id, position=last + 1)
            self._tell("added", parent, child, actor)
            return self._rows.get(parent.id)

    def _demand_triage(self, issue: Issue, actor: User) -> None:
        self._repositories.demand(self._repositories.get(issue.repository_id), actor, Role.TRIAGE)

    def _check(self, parent: Issue, child: Issue, *, replace_parent: bool) -> None:
        problems = list(self._problems(parent, child, replace_parent=replace_parent))
        if problems:
            raise unprocessable(
                "An error occurred while adding the sub-issue to the parent issue. " + " and ".join(problems)
            )

    def _problems(self, parent: Issue, child: Issue, *, replace_parent: bool) -> list[str]:
        owners = {self._repositories.get(issue.repository_id).owner for issue in (parent, child)}
        depth = self._db.value(_LEVELS_ABOVE, parent.id) + 1 + self._db.value(_LEVELS_BELOW, child.id)
        known = child.parent.id if child.parent else None
        rules = {
            "Sub issue must belong to the same owner as the parent": len(owners) > 1,
            "Issue may not contain duplicate sub-issues": known == parent.id,
            "Sub issue may only have one parent": known is not None and not replace_parent,
            "Sub issue may not be an ancestor of its parent": bool(self._db.value(_IS_BELOW, child.id, parent.id)),
            f"Parent cannot have more than {limits.SUB_ISSUES} sub-issues": parent.sub_issues.total
            >= limits.SUB_ISSUES,
            f"Sub-issues cannot be nested more than {limits.SUB_ISSUE_LEVELS} levels": depth > limits.SUB_ISSUE_LEVELS,
        }
        return [message for message, is_broken in rules.items() if is_broken]

    def remove(self, parent: Issue, child_id: int, actor: User) -> Issue:
        with self._db.transaction():
            self._demand_triage(parent, actor)
            child = self._child(parent, child_id)
            self._detach(parent, child, actor)
            return self._rows.get(parent.id)

    def _child(self, parent: Issue, child_id: int) -> Issue:
        child = self._rows.get(child_id)
        if child.parent is None or child.parent.id != parent.id:
            raise not_found("The provided sub-issue does not exist")
        return child

    def _detach(self, parent: Issue, child: Issue, actor: User) -> None:
        self._db.update("issues", child.id, parent_id=None, position=None)
        self._tell("removed", parent, child, actor)

    def prioritise(self, parent: Issue, child_id: int, actor: User, *, anchor_id: int, after: bool) -> Issue:
        """Move the child right after (or before) another one."""
        with self._db.transaction():
            self._demand_triage(parent, actor)
            child, anchor = self._child(parent, child_id), self._child(parent, anchor_id)
            order = [issue.id for issue in self._rows.sub_issues(parent) if issue.id != child.id]
            order.insert(order.index(anchor.id) + after, child.id)
            for position, issue_id in enumerate(order, start=1):
                self._db.update("issues", issue_id, position=position)
            return self._rows.get(parent.id)

    def _tell(self, what: str, parent: Issue, child: Issue, actor: User) -> None:
        """Both sides hear of it, each in its own repository."""
        _touch(self._db, self._clock, parent, child)
        parent, child = self._rows.get(parent.id), self._rows.get(child.id)
        self._news.record(parent, f"sub_issue_{what}", actor, _reference(child))
        self._news.record(child, f"parent_issue_{what}", actor, _reference(parent))
        self._news.tell(
            parent.repository_id, "sub_issues", actor, lambda: self._payload(f"sub_issue_{what}", parent, child)
        )
        self._news.tell(
            child.repository_id, "sub_issues", actor, lambda: self._payload(f"parent_issue_{what}", parent, child)
        )

    def _payload(self, action: str, parent: Issue, child: Issue) -> Json:
        shapes = self._news.shapes
        other, key = (child, "sub_issue_repo") if action.startswith("sub") else (parent, "parent_issue_repo")
        return {
            "action": action,
            "sub_issue_id": child.id,
            "sub_issue": shapes.issue(child),
            "parent_issue_id": parent.id,
            "parent_issue": shapes.issue(parent),
            key: shapes.repository(self._repositories.get(other.repository_id)),
        }


class Dependencies:
    """Which issue waits for which. Written from the blocked side, read from both."""

    def __init__(self, ground: Ground, rows: IssueRows) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._repositories = ground.repositories
        self._rows = rows
        self._news = ground.news

    def add(self, blocked: Issue, blocking_id: int, actor: User) -> Issue:
        """Answers with the blocked issue."""
        with self._db.transaction():
            self._demand_triage(blocked, actor)
            blocking = self._rows.get(blocking_id)
            self._check(blocked, blocking)
            self._db.insert("dependencies", blocked_id=blocked.id, blocking_id=blocking.id)
            self._tell("added", blocked, blocking, actor)
            return self._rows.get(blocked.id)

    def remove(self, blocked: Issue, blocking_id: int, actor: User) -> Issue:
        with self._db.transaction():
            self._demand_triage(blocked, actor)
            blocking = self._rows.get(blocking_id)
            sql = "DELETE FROM dependencies WHERE blocked_id = ? AND blocking_id = ?"
            if not self._db.run(sql, blocked.id, blocking.id):
                raise not_found()
            self._tell("removed", blocked, blocking, actor)
            return self._rows.get(blocked.id)

    def _demand_triage(self, blocked: Issue, actor: User) -> None:
        self._repositories.demand(self._repositories.get(blocked.repository_id), actor, Role.TRIAGE)

    def _check(self, blocked: Issue, blocking: Issue) -> None:
        known = self._rows.blockers(blocked)
        rules = {
            "An issue cannot be blocked by itself": blocked.id == blocking.id,
            "Target issue has already been taken": blocking.id in {issue.id for issue in known},
            "Issues cannot block each other": blocked.id in {issue.id for issue in self._rows.blockers(blocking)},
            f"Issue cannot have more than {limits.DEPENDENCIES} blocked-by dependencies": len(known)
            >= limits.DEPENDENCIES,
            f"Issue cannot have more than {limits.DEPENDENCIES} blocking dependencies": len(
                self._rows.blocked(blocking)
            )
            >= limits.DEPENDENCIES,
        }
        problems = [message for message, is_broken in rules.items() if is_broken]
        if problems:
            raise unprocessable("Validation failed: " + ", ".join(problems))

    def _tell(self, what: str, blocked: Issue, blocking: Issue, actor: User) -> None:
        _touch(self._db, self._clock, blocked, blocking)
        blocked, blocking = self._rows.get(blocked.id), self._rows.get(blocking.id)
        self._news.record(blocked, f"blocked_by_{what}", actor, _reference(blocking))
        self._news.record(blocking, f"blocking_{what}", actor, _reference(blocked))
        self._news.tell(
            blocked.repository_id,
            "issue_dependencies",
            actor,
            lambda: self._payload(f"blocked_by_{what}", blocked, blocking),
        )
        self._news.tell(
            blocking.repository_id,
            "issue_dependencies",
            actor,
            lambda: self._payload(f"blocking_{what}", blocked, blocking),
        )

    def _payload(self, action: str, blocked: Issue, blocking: Issue) -> Json:
        shapes = self._news.shapes
        other, key = (
            (blocking, "blocking_issue_repo") if action.startswith("blocked") else (blocked, "blocked_issue_repo")
        )
        return {
            "action": action,
            "blocked_issue_id": blocked.id,
            "blocked_issue": shapes.issue(blocked),
            "blocking_issue_id": blocking.id,
            "blocking_issue": shapes.issue(blocking),
            key: shapes.repository(self._repositories.get(other.repository_id)),
        }


def _touch(db: Database, clock: Clock, *issues: Issue) -> None:
    for issue in issues:
        db.update("issues", issue.id, updated_at=stamp(clock()))


def _reference(issue: Issue) -> Json:
    """How a timeline line points at another issue."""
    return {"repository": issue.repository, "number": issue.number, "title": issue.title}
