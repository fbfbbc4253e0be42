"""Pull requests: issues that ask for a branch to be merged into another, by GitHub's rules.

https://docs.github.com/en/rest/pulls/pulls
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.localhub.database import stamp
from bot.localhub.git import GitFolders, GitRepository
from bot.localhub.ground import Ground
from bot.localhub.issue_rows import IssueRows
from bot.localhub.issues import Issues
from bot.localhub.problems import Refused, invalid, not_found
from bot.localhub.values import (
    Issue,
    IssueChanges,
    IssueDraft,
    Merge,
    Pull,
    PullDraft,
    PullFigures,
    PullQuery,
    Repository,
    Role,
    User,
)


class Pulls:
    """Both branches are of the repository itself; there are no forks here."""

    def __init__(self, ground: Ground, rows: IssueRows, issues: Issues, folders: GitFolders) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._repositories = ground.repositories
        self._news = ground.news
        self._rows = rows
        self._issues = issues
        self._folders = folders
        ground.news.figures = self.figures

    def git(self, repository: Repository) -> GitRepository:
        return self._folders.of(repository.id, repository.default_branch)

    def get(self, repository: Repository, number: int) -> Issue:
        """404 for an issue that is none."""
        issue = self._rows.numbered(repository, number)
        if issue.pull is None:
            raise not_found()
        return issue

    def matching(self, repository: Repository, query: PullQuery) -> list[Issue]:
        return self._rows.pulls(repository, query)

    def figures(self, issue: Issue) -> PullFigures:
        """What it would bring, or has brought; of a branch that is gone, what is known of its last commit."""
        pull, git = _pull(issue), self.git(self._repositories.get(issue.repository_id))
        known = git.figures(pull.base_sha, pull.head_sha)
        return replace(known, mergeable=git.is_mergeable(pull.base_sha, pull.head_sha)) if issue.is_open else known

    # ------------------------------------------------------------ opening and editing

    def create(self, repository: Repository, actor: User, draft: PullDraft, *, is_agent: bool = False) -> Issue:
        """422 for branches that are not there, that hold nothing to merge, or that have an open one already. An agent may
        although it has no role."""
        if not is_agent:
            self._repositories.demand(repository, actor, Role.WRITE)
        head = draft.head.rpartition(":")[2]
        git = self.git(repository)
        heads = git.heads()
        _check_branches(draft, repository, head, heads)
        if self.matching(repository, PullQuery(head=head, base=draft.base)):
            raise _refused(f"A pull request already exists for {repository.owner.login}:{head}.")
        if not git.commits_between(heads[draft.base], heads[head]):
            raise _refused(f"No commits between {draft.base} and {head}")
        with self._db.transaction():
            issue_id = self._issues.insert(repository, actor, IssueDraft(draft.title, draft.body))
            self._db.insert(
                "pulls",
                issue_id=issue_id,
                head=head,
                base=draft.base,
                head_sha=heads[head],
                base_sha=heads[draft.base],
                draft=draft.draft,
            )
            self._news.issue("opened", self._rows.get(issue_id), actor)
            return self._rows.get(issue_id)

    def edit(self, repository: Repository, number: int, actor: User, changes: IssueChanges) -> Issue:
        """Title, text and state. A branch that is gone cannot be reopened."""
        issue = self.get(repository, number)
        is_reopening = changes.get("state") == "open" and not issue.is_open
        if is_reopening and _pull(issue).head not in self.git(repository).heads():
            raise invalid("PullRequest", "state", "invalid", "state cannot be changed. The head branch was deleted.")
        after = self._issues.edit(repository, number, actor, changes)
        if is_reopening:
            self.look(repository, actor)
            return self._rows.get(after.id)
        return after

    def set_draft(self, repository: Repository, number: int, actor: User, *, draft: bool) -> Issue:
        """Ready for review, or a draft again. (GitHub has this in GraphQL and the browser.)"""
        issue = self.get(repository, number)
        if actor != issue.user:
            self._repositories.demand(repository, actor, Role.WRITE)
        if _pull(issue).draft is draft:
            return issue
        with self._db.transaction():
            self._db.update("pulls", _pull(issue).id, draft=draft)
            self._touch(issue)
            action = "converted_to_draft" if draft else "ready_for_review"
            self._news.record(issue, "convert_to_draft" if draft else action, actor)
            self._news.issue(action, self._rows.get(issue.id), actor)
        return self._rows.get(issue.id)

    # ------------------------------------------------------------ merging

    def merge(self, repository: Repository, number: int, actor: User, how: Merge) -> str:
        """The commit that the merge has made. 405 if it cannot be merged, 409 if its head is not the one that was meant."""
        self._repositories.demand(repository, actor, Role.WRITE)
        self.look(repository, actor)
        issue = self.get(repository, number)
        pull, git = _pull(issue), self.git(repository)
        heads = git.heads()
        if not issue.is_open or pull.head not in heads or pull.base not in heads:
            raise Refused(405, "Pull Request is not mergeable")
        if pull.draft:
            raise Refused(405, "Pull Request is still a draft")
        if how.sha and how.sha != heads[pull.head]:
            raise Refused(409, "Head branch was modified. Review and try the merge again.")
        message = _message(issue, repository, how)
        sha = git.merge(heads[pull.base], heads[pull.head], message, actor, as_one=how.method != "merge")
        with self._db.transaction():
            now = stamp(self._clock())
            self._db.update("pulls", pull.id, merged_at=now, merged_by=actor.id, merge_sha=sha)
            self._touch(issue, state="closed", closed_at=now, closed_by=actor.id)
            self._news.record(issue, "merged", actor)
            self._news.record(issue, "closed", actor)
            self._news.issue("closed", self._rows.get(issue.id), actor)
            git.move(pull.base, sha, heads[pull.base])  # last: if it fails, nothing else has happened
        return sha

    # ------------------------------------------------------------ what was pushed

    def look(self, repository: Repository, actor: User) -> None:
        """See where the branches of open pull requests are by now, and tell of heads that have moved."""
        found = self.matching(repository, PullQuery())
        heads = self.git(repository).heads() if found else {}
        for issue in found:
            self._look_at(issue, heads, actor)

    def _look_at(self, issue: Issue, heads: Mapping[str, str], actor: User) -> None:
        """A head branch that is gone closes it, as GitHub does."""
        pull = _pull(issue)
        head, base = heads.get(pull.head), heads.get(pull.base, pull.base_sha)
        with self._db.transaction():
            if head is None:
                self._touch(issue, state="closed", closed_at=stamp(self._clock()), closed_by=actor.id)
                self._news.record(issue, "closed", actor)
                self._news.issue("closed", self._rows.get(issue.id), actor)
                return
            if (head, base) == (pull.head_sha, pull.base_sha):
                return
            self._db.update("pulls", pull.id, head_sha=head, base_sha=base)
            if head != pull.head_sha:
                self._touch(issue)
                told = {"before": pull.head_sha, "after": head}
                self._news.issue("synchronize", self._rows.get(issue.id), actor, **told)

    def _touch(self, issue: Issue, **columns: object) -> None:
        self._db.update("issues", issue.id, **columns, updated_at=stamp(self._clock()))


def _pull(issue: Issue) -> Pull:
    if issue.pull is None:
        raise not_found()
    return issue.pull


def _check_branches(draft: PullDraft, repository: Repository, head: str, heads: Mapping[str, str]) -> None:
    owner = draft.head.rpartition(":")[0]
    if head not in heads or (owner and owner.lower() != repository.owner.login.lower()):
        raise invalid("PullRequest", "head", "invalid")
    if draft.base not in heads:
        raise invalid("PullRequest", "base", "invalid")


def _message(issue: Issue, repository: Repository, how: Merge) -> str:
    whole = how.method == "merge"
    usual = f"Merge pull request #{issue.number} from {repository.owner.login}/{_pull(issue).head}"
    title = how.title or (usual if whole else f"{issue.title} (#{issue.number})")
    return f"{title}\n\n{how.message or (issue.title if whole else '')}".strip() + "\n"


def _refused(message: str) -> Refused:
    return Refused(
        422, "Validation Failed", errors=({"resource": "PullRequest", "code": "custom", "message": message},)
    )
