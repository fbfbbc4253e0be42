"""The hub: the whole tracker as one object, with the acts of people as methods."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from bot.localhub.agents import HostedAgent
from bot.localhub.apps import Apps
from bot.localhub.clock import Clock, utc_now
from bot.localhub.comments import Comments
from bot.localhub.commit_comments import CommitComments
from bot.localhub.courier import Courier
from bot.localhub.database import Database
from bot.localhub.faults import Faults
from bot.localhub.files import Files
from bot.localhub.git import GitFolders
from bot.localhub.ground import lay
from bot.localhub.issue_rows import IssueRows
from bot.localhub.issues import Issues
from bot.localhub.labels import Labels
from bot.localhub.links import Dependencies, SubIssues
from bot.localhub.oauth import OAuth
from bot.localhub.oidc import Oidc
from bot.localhub.pulls import Pulls
from bot.localhub.reactions import Reactions
from bot.localhub.reading import RepositoryReading
from bot.localhub.runs import Runs
from bot.localhub.statuses import Statuses
from bot.localhub.traffic import Allowances, RequestLog
from bot.localhub.values import (
    Comment,
    Features,
    Hook,
    HookConfig,
    Issue,
    IssueChanges,
    IssueDraft,
    Merge,
    PullDraft,
    Repository,
    StoredFile,
    User,
)


class Hub:
    """A GitHub-compatible tracker. `path` is its SQLite file, None keeps it in memory.

    The methods below are what a person could do in the browser, under the same rules and with the same webhooks as over
    HTTP; the desks (`issues`, `comments`, …) are what the HTTP face works with. Refusals are `problems.Refused`.
    """

    def __init__(self, path: Path | None, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.features = Features()
        self.faults = Faults()
        self.requests = RequestLog()
        self.agents: set[str] = set()
        self.allowances = Allowances(clock)
        ground = lay(Database(path), clock)
        self.db, self.people, self.repositories = ground.db, ground.people, ground.repositories
        self.hooks, self.news = ground.hooks, ground.news
        self.rows = IssueRows(ground)
        self.oauth = OAuth(ground.people, clock)
        self.labels = Labels(ground)
        self.sub_issues = SubIssues(ground, self.rows)
        self.dependencies = Dependencies(ground, self.rows)
        self.issues = Issues(ground, self.rows, labels=self.labels, sub_issues=self.sub_issues, features=self.features)
        self._git = GitFolders(path.parent / "git" if path else None)
        self.pulls = Pulls(ground, self.rows, self.issues, self._git)
        self.comments = Comments(ground, self.rows)
        self.reactions = Reactions(ground)
        self.files = Files(ground, self._git)
        self.commit_comments = CommitComments(ground, self.files)
        self.apps = Apps(ground)
        self.runs = Runs(ground, self.files)
        self.statuses = Statuses(ground, self.files)
        self.oidc = Oidc(ground)
        self.courier = Courier(self.hooks)
        self.hooks.forget_old()
        if self.hooks.next_pending():
            self.courier.wake()  # queued by a process that died

    def close(self) -> None:
        self.courier.stop()
        self.db.close()
        self._git.close()

    def drain_deliveries(self, timeout: float = 10) -> None:
        """Wait until every webhook queued so far has been sent; TimeoutError if that takes longer."""
        self.courier.drain(timeout)

    def repository(self, full_name: str) -> RepositoryReading:
        return RepositoryReading(self, self.repositories.named(full_name))

    # People and places

    def create_user(self, login: str, *, kind: str = "User", name: str | None = None) -> User:
        return self.people.create(login, kind=kind, name=name)

    def create_agent(self, full_name: str, login: str = "copilot-swe-agent[bot]") -> HostedAgent:
        """A hosted coding agent that issues of the repository can be assigned to, by people alone."""
        self.agents.add(login.lower())
        return HostedAgent(self, full_name, self.people.create(login, kind="Bot"))

    def create_token(self, login: str) -> str:
        return self.people.create_token(login)

    def create_repository(self, full_name: str, *, private: bool = False) -> Repository:
        return self.repositories.create(full_name, private=private)

    def rename_repository(self, full_name: str, new: str) -> Repository:
        """To another name (`name`), or to another owner (`owner/name`)."""
        before = self.repositories.named(full_name)
        owner_login, _, name = new.rpartition("/")
        owner = self.people.create(owner_login, kind="Organization") if owner_login else before.owner
        with self.db.transaction():
            after = self.repositories.rename(before, owner, name)
            if owner.id == before.owner.id:
                self._tell_of(after, "renamed", changes={"repository": {"name": {"from": before.name}}})
            else:
                was = self.news.shapes.user(before.owner)
                self._tell_of(after, "transferred", changes={"owner": {"from": {before.owner.type.lower(): was}}})
        return after

    def archive_repository(self, full_name: str) -> Repository:
        """From now on it can only be read."""
        with self.db.transaction():
            after = self.repositories.archive(self.repositories.named(full_name))
            self._tell_of(after, "archived")
        return after

    def unarchive_repository(self, full_name: str) -> Repository:
        with self.db.transaction():
            after = self.repositories.unarchive(self.repositories.named(full_name))
            self._tell_of(after, "unarchived")
        return after

    def _tell_of(self, repository: Repository, action: str, **more: object) -> None:
        self.news.tell(repository.id, "repository", repository.owner, lambda: {"action": action, **more})

    def add_collaborator(self, full_name: str, login: str, role: str) -> None:
        """`role` is admin, maintain, write, triage or read."""
        self.repositories.add_collaborator(full_name, login, role)

    def remove_collaborator(self, full_name: str, login: str) -> None:
        self.repositories.remove_collaborator(full_name, login)

    def add_hook(
        self, full_name: str, url: str, *, events: tuple[str, ...] = ("*",), secret: str | None = None
    ) -> Hook:
        """A JSON webhook, without the ping."""
        return self.hooks.create(self.repositories.named(full_name), HookConfig(url, "json", secret), events=events)

    # Acts of people

    def create_issue(
        self,
        full_name: str,
        login: str,
        title: str,
        body: str | None = None,
        *,
        labels: tuple[str, ...] = (),
        assignees: tuple[str, ...] = (),
        parent_issue_id: int | None = None,
    ) -> Issue:
        draft = IssueDraft(title, body, tuple(labels), tuple(assignees), parent_issue_id)
        actor = self.people.named(login)
        return self.issues.create(self.repositories.with_issues(full_name, actor), actor, draft)

    def edit_issue(self, full_name: str, number: int, login: str, **changes: Unpack[IssueChanges]) -> Issue:
        actor = self.people.named(login)
        return self.issues.edit(self.repositories.seen_by(full_name, actor), number, actor, changes)

    def close_issue(self, full_name: str, number: int, login: str, reason: str = "completed") -> Issue:
        """`reason` is completed, not_planned or duplicate."""
        return self.edit_issue(full_name, number, login, state="closed", state_reason=reason)

    def reopen_issue(self, full_name: str, number: int, login: str) -> Issue:
        return self.edit_issue(full_name, number, login, state="open")

    def delete_issue(self, full_name: str, number: int, login: str) -> None:
        actor = self.people.named(login)
        self.issues.delete(self.repositories.seen_by(full_name, actor), number, actor)

    def add_labels(self, full_name: str, number: int, login: str, *names: str) -> Issue:
        actor = self.people.named(login)
        return self.issues.add_labels(self.repositories.seen_by(full_name, actor), number, actor, names)

    def remove_label(self, full_name: str, number: int, login: str, name: str) -> Issue:
        actor = self.people.named(login)
        return self.issues.remove_label(self.repositories.seen_by(full_name, actor), number, actor, name)

    def comment(self, full_name: str, number: int, login: str, body: str) -> Comment:
        actor = self.people.named(login)
        repository = self.repositories.with_issues(full_name, actor)
        return self.comments.create(self.rows.numbered(repository, number), actor, body)

    def edit_comment(self, full_name: str, comment_id: int, login: str, body: str) -> Comment:
        actor, repository = self.people.named(login), self.repositories.named(full_name)
        return self.comments.edit(repository, self.comments.get(repository, comment_id), actor, body)

    def delete_comment(self, full_name: str, comment_id: int, login: str) -> None:
        actor, repository = self.people.named(login), self.repositories.named(full_name)
        self.comments.delete(repository, self.comments.get(repository, comment_id), actor)

    def add_sub_issue(
        self, full_name: str, number: int, login: str, child_id: int, *, replace_parent: bool = False
    ) -> Issue:
        """Put the issue of that database id under the numbered one; answers with the parent."""
        actor, repository = self.people.named(login), self.repositories.named(full_name)
        parent = self.rows.numbered(repository, number)
        return self.sub_issues.add(parent, child_id, actor, replace_parent=replace_parent)

    def remove_sub_issue(self, full_name: str, number: int, login: str, child_id: int) -> Issue:
        actor, repository = self.people.named(login), self.repositories.named(full_name)
        return self.sub_issues.remove(self.rows.numbered(repository, number), child_id, actor)

    def add_blocked_by(self, full_name: str, number: int, login: str, blocker_id: int) -> Issue:
        """Let the numbered issue wait for the one of that database id; answers with the blocked one."""
        actor, repository = self.people.named(login), self.repositories.named(full_name)
        return self.dependencies.add(self.rows.numbered(repository, number), blocker_id, actor)

    def remove_blocked_by(self, full_name: str, number: int, login: str, blocker_id: int) -> Issue:
        actor, repository = self.people.named(login), self.repositories.named(full_name)
        return self.dependencies.remove(self.rows.numbered(repository, number), blocker_id, actor)

    def create_pull(self, full_name: str, login: str, draft: PullDraft) -> Issue:
        return self.pulls.create(self.repositories.named(full_name), self.people.named(login), draft)

    def edit_pull(self, full_name: str, number: int, login: str, **changes: Unpack[IssueChanges]) -> Issue:
        return self.pulls.edit(self.repositories.named(full_name), number, self.people.named(login), changes)

    def set_draft(self, full_name: str, number: int, login: str, *, draft: bool) -> Issue:
        repository = self.repositories.named(full_name)
        return self.pulls.set_draft(repository, number, self.people.named(login), draft=draft)

    def merge_pull(self, full_name: str, number: int, login: str, how: Merge | None = None) -> str:
        """The commit that the merge has made."""
        repository = self.repositories.named(full_name)
        return self.pulls.merge(repository, number, self.people.named(login), how or Merge())

    def put_file(self, full_name: str, path: str, content: bytes | str, *, login: str | None = None) -> StoredFile:
        """Commit a file to the default branch, as this user or else as the owner."""
        repository = self.repositories.named(full_name)
        actor = self.people.named(login) if login else repository.owner
        raw = content.encode() if isinstance(content, str) else content
        return self.files.put(repository, actor, path, raw)
