"""Issues: creating, editing, closing, labelling, deleting, by GitHub's rules."""

from __future__ import annotations

from bot.localhub import limits
from bot.localhub.database import stamp
from bot.localhub.ground import Ground
from bot.localhub.issue_rows import IssueRows
from bot.localhub.labels import Labels
from bot.localhub.links import SubIssues
from bot.localhub.problems import forbidden, invalid, not_found
from bot.localhub.shapes import Json
from bot.localhub.values import Features, Issue, IssueChanges, IssueDraft, Label, Repository, Role, User

REASONS = ("completed", "not_planned", "duplicate", "reopened")


class Issues:
    """Every change is written, recorded in the timeline and told to the hooks in one transaction."""

    def __init__(
        self, ground: Ground, rows: IssueRows, *, labels: Labels, sub_issues: SubIssues, features: Features
    ) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._people = ground.people
        self._repositories = ground.repositories
        self._news = ground.news
        self._rows = rows
        self._labels = labels
        self._sub_issues = sub_issues
        self._features = features

    def create(self, repository: Repository, actor: User, draft: IssueDraft) -> Issue:
        """A new issue. Labels, assignees and the parent are dropped without a word for those who may not set them."""
        trusted = self._repositories.allows(repository, actor, Role.TRIAGE)
        with self._db.transaction():
            issue = self._rows.get(self.insert(repository, actor, draft))
            if trusted:
                issue = self._dress(repository, issue, actor, draft)
            self._news.issue("opened", issue, actor)
            self._tell_dress(issue, actor)
            if trusted and draft.parent_issue_id is not None and self._features.parent_issue_id:
                self._sub_issues.add(self._rows.get(draft.parent_issue_id), issue.id, actor)
            return self._rows.get(issue.id)

    def insert(self, repository: Repository, actor: User, draft: IssueDraft) -> int:
        """The next number, with a title and a text. Nobody is told."""
        _check_title(draft.title)
        _check_body(draft.body)
        now = stamp(self._clock())
        self._db.run("UPDATE repositories SET last_number = last_number + 1 WHERE id = ?", repository.id)
        return self._db.insert(
            "issues",
            repository_id=repository.id,
            number=self._db.value("SELECT last_number FROM repositories WHERE id = ?", repository.id),
            title=draft.title,
            body=draft.body,
            user_id=actor.id,
            created_at=now,
            updated_at=now,
        )

    def _dress(self, repository: Repository, issue: Issue, actor: User, draft: IssueDraft) -> Issue:
        if not draft.labels and not draft.assignees:
            return issue
        for label in self._labels.named(repository, actor, draft.labels):
            self._attach(issue, label, actor)
        for user in self._assignable(repository, draft.assignees):
            self._assign(issue, user, actor)
        return self._rows.get(issue.id)

    def _tell_dress(self, issue: Issue, actor: User) -> None:
        for label in issue.labels:
            self._news.issue("labeled", issue, actor, label=self._news.shapes.label(label))
        for user in issue.assignees:
            self._news.issue("assigned", issue, actor, assignee=self._news.shapes.user(user))

    def edit(self, repository: Repository, number: int, actor: User, changes: IssueChanges) -> Issue:
        """Apply a PATCH. The author may change text and state, those with triage everything."""
        with self._db.transaction():
            issue = self._rows.numbered(repository, number)
            trusted = self._repositories.allows(repository, actor, Role.TRIAGE)
            if not trusted and issue.user != actor:
                raise forbidden()
            self._edit_text(issue, actor, changes)
            self._edit_state(issue, actor, changes)
            if trusted and "labels" in changes:
                self._replace_labels(repository, issue, actor, changes["labels"])
            if trusted and "assignees" in changes:
                self._replace_assignees(repository, issue, actor, changes["assignees"])
            return self._rows.get(issue.id)

    def _edit_text(self, issue: Issue, actor: User, changes: IssueChanges) -> None:
        title, body = changes.get("title", issue.title), changes.get("body", issue.body)
        if (title, body) == (issue.title, issue.body):
            return
        _check_title(title)
        _check_body(body)
        self._touch(issue, title=title, body=body)
        before: Json = {}
        if title != issue.title:
            before["title"] = {"from": issue.title}
            self._news.record(issue, "renamed", actor, {"from": issue.title, "to": title})
        if body != issue.body:
            before["body"] = {"from": issue.body or ""}
        self._news.issue("edited", self._rows.get(issue.id), actor, changes=before)

    def _edit_state(self, issue: Issue, actor: User, changes: IssueChanges) -> None:
        state, reason = changes.get("state", issue.state), changes.get("state_reason")
        if state not in {"open", "closed"}:
            raise invalid("Issue", "state", "invalid")
        if reason is not None and reason not in REASONS:
            raise invalid("Issue", "state_reason", "invalid")
        if state == issue.state:
            return
        if state == "closed":
            self._close(issue, actor, reason or "completed")
        else:
            self._reopen(issue, actor)

    def _close(self, issue: Issue, actor: User, reason: str) -> None:
        if reason == "reopened":
            raise invalid("Issue", "state_reason", "invalid")
        now = stamp(self._clock())
        self._touch(
            issue, state="closed", state_reason=None if issue.pull else reason, closed_at=now, closed_by=actor.id
        )
        self._news.record(issue, "closed", actor, {"reason": reason})
        self._news.issue("closed", self._rows.get(issue.id), actor)

    def _reopen(self, issue: Issue, actor: User) -> None:
        if issue.pull and issue.pull.merged_at:
            raise invalid("PullRequest", "state", "invalid", "state cannot be changed. It is merged.")
        self._touch(
            issue, state="open", state_reason=None if issue.pull else "reopened", closed_at=None, closed_by=None
        )
        self._news.record(issue, "reopened", actor)
        self._news.issue("reopened", self._rows.get(issue.id), actor)

    def add_labels(self, repository: Repository, number: int, actor: User, names: tuple[str, ...]) -> Issue:
        issue = self._rows.numbered(repository, number)
        return self.replace_labels(repository, number, actor, (*issue.label_names, *names))

    def replace_labels(self, repository: Repository, number: int, actor: User, names: tuple[str, ...]) -> Issue:
        self._repositories.demand(repository, actor, Role.TRIAGE)
        with self._db.transaction():
            issue = self._rows.numbered(repository, number)
            self._replace_labels(repository, issue, actor, names)
            return self._rows.get(issue.id)

    def remove_label(self, repository: Repository, number: int, actor: User, name: str) -> Issue:
        """404 if the issue has no such label."""
        issue = self._rows.numbered(repository, number)
        wanted = self._labels.get(repository, name)
        if wanted not in issue.labels:
            raise not_found("Label does not exist")
        rest = tuple(label.name for label in issue.labels if label != wanted)
        return self.replace_labels(repository, number, actor, rest)

    def _replace_labels(self, repository: Repository, issue: Issue, actor: User, names: tuple[str, ...]) -> None:
        wanted = self._labels.named(repository, actor, names)
        gone = [label for label in issue.labels if label not in wanted]
        new = [label for label in wanted if label not in issue.labels]
        for label in gone:
            self._db.run("DELETE FROM issue_labels WHERE issue_id = ? AND label_id = ?", issue.id, label.id)
            self._news.record(issue, "unlabeled", actor, {"label": label.name, "color": label.color})
        for label in new:
            self._attach(issue, label, actor)
        self._tell_labels(issue, actor, gone=gone, new=new)

    def _tell_labels(self, issue: Issue, actor: User, *, gone: list[Label], new: list[Label]) -> None:
        if not gone and not new:
            return
        self._touch(issue)
        issue = self._rows.get(issue.id)
        for action, labels in (("unlabeled", gone), ("labeled", new)):
            for label in labels:
                self._news.issue(action, issue, actor, label=self._news.shapes.label(label))

    def _attach(self, issue: Issue, label: Label, actor: User) -> None:
        self._db.insert("issue_labels", issue_id=issue.id, label_id=label.id)
        self._news.record(issue, "labeled", actor, {"label": label.name, "color": label.color})

    def _assignable(self, repository: Repository, logins: tuple[str, ...]) -> list[User]:
        """Users of these logins; those who cannot be assigned here are a 422."""
        users = []
        for login in dict.fromkeys(logins):
            user = self._people.find(login)
            if user is None or not self._repositories.allows(repository, user, Role.READ):
                raise invalid("Issue", "assignees", "invalid")
            users.append(user)
        return users[: limits.ASSIGNEES]

    def _assign(self, issue: Issue, user: User, actor: User) -> None:
        self._db.insert("issue_assignees", issue_id=issue.id, user_id=user.id)
        self._news.record(issue, "assigned", actor, {"user": user.login})

    def _replace_assignees(self, repository: Repository, issue: Issue, actor: User, logins: tuple[str, ...]) -> None:
        wanted = self._assignable(repository, logins)
        gone = [user for user in issue.assignees if user not in wanted]
        new = [user for user in wanted if user not in issue.assignees]
        for user in gone:
            self._db.run("DELETE FROM issue_assignees WHERE issue_id = ? AND user_id = ?", issue.id, user.id)
            self._news.record(issue, "unassigned", actor, {"user": user.login})
        for user in new:
            self._assign(issue, user, actor)
        self._tell_assignees(issue, actor, gone=gone, new=new)

    def _tell_assignees(self, issue: Issue, actor: User, *, gone: list[User], new: list[User]) -> None:
        if not gone and not new:
            return
        self._touch(issue)
        issue = self._rows.get(issue.id)
        for action, users in (("unassigned", gone), ("assigned", new)):
            for user in users:
                self._news.issue(action, issue, actor, assignee=self._news.shapes.user(user))

    def delete(self, repository: Repository, number: int, actor: User) -> None:
        """Gone for good: its number answers 410, its links are undone. (GitHub has this in GraphQL and the browser.)"""
        self._repositories.demand(repository, actor, Role.ADMIN)
        with self._db.transaction():
            issue = self._rows.numbered(repository, number)
            self._db.run("UPDATE issues SET parent_id = NULL, position = NULL WHERE parent_id = ?", issue.id)
            self._db.run("DELETE FROM dependencies WHERE ? IN (blocked_id, blocking_id)", issue.id)
            self._touch(issue, deleted_at=stamp(self._clock()), parent_id=None, position=None)
            self._news.issue("deleted", issue, actor)

    def _touch(self, issue: Issue, **columns: object) -> None:
        self._db.update("issues", issue.id, **columns, updated_at=stamp(self._clock()))


def _check_title(title: str) -> None:
    if not title.strip():
        raise invalid("Issue", "title", "missing_field")
    if len(title) > limits.TITLE:
        raise invalid("Issue", "title", "custom", f"title is too long (maximum is {limits.TITLE} characters)")


def _check_body(body: str | None) -> None:
    if len(body or "") > limits.BODY:
        raise invalid("Issue", "body", "custom", f"body is too long (maximum is {limits.BODY} characters)")
