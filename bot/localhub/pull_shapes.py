"""How pull requests look as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from bot.localhub.database import stamp
from bot.localhub.shapes import Json, Shapes, node_id
from bot.localhub.values import Issue, Pull, PullFigures, Repository


@dataclass(frozen=True, slots=True)
class PullShapes:
    """Built on the shapes of everything else. An issue given here is a pull request."""

    shapes: Shapes

    def short(self, issue: Issue, repository: Repository) -> Json:
        """As lists have it."""
        pull = issue.pull
        assert pull is not None
        of_issue = self.shapes.issue(issue)
        kept = ("title", "user", "body", "labels", "milestone", "assignees", "created_at", "updated_at", "closed_at")
        dropped = (
            {"assignee": of_issue["assignee"], "merge_commit_sha": pull.merge_sha} if "assignee" in of_issue else {}
        )
        return {
            **self._addresses(issue, pull),
            **{name: of_issue[name] for name in kept},
            **dropped,
            "id": pull.id,
            "node_id": node_id("PR", pull.id),
            "number": issue.number,
            "state": issue.state,
            "locked": False,
            "active_lock_reason": None,
            "merged_at": stamp(pull.merged_at) if pull.merged_at else None,
            "requested_reviewers": [],
            "requested_teams": [],
            "head": self._branch(repository, pull.head, pull.head_sha),
            "base": self._branch(repository, pull.base, pull.base_sha),
            "author_association": issue.association,
            "auto_merge": None,
            "draft": pull.draft,
        }

    def full(self, issue: Issue, repository: Repository, figures: PullFigures) -> Json:
        """As GET /repos/{owner}/{repo}/pulls/{number}, and webhooks, have it."""
        pull = issue.pull
        assert pull is not None
        return {
            **self.short(issue, repository),
            "merged": pull.merged_at is not None,
            "mergeable": figures.mergeable,
            "rebaseable": figures.mergeable,
            "mergeable_state": _state(pull, figures),
            "merged_by": self.shapes.user(pull.merged_by) if pull.merged_by else None,
            "comments": issue.comments,
            "review_comments": 0,
            "maintainer_can_modify": False,
            "commits": figures.commits,
            "additions": figures.additions,
            "deletions": figures.deletions,
            "changed_files": figures.files,
        }

    def url(self, issue: Issue) -> str:
        return f"{self.shapes.repository_url(issue.repository)}/pulls/{issue.number}"

    def _addresses(self, issue: Issue, pull: Pull) -> Json:
        url, page, of_issue = self.url(issue), self.shapes.issue_page(issue), self.shapes.issue_url(issue)
        repository = self.shapes.repository_url(issue.repository)
        found = {
            "issue": of_issue,
            "commits": f"{url}/commits",
            "review_comments": f"{url}/comments",
            "review_comment": f"{repository}/pulls/comments{{/number}}",
            "comments": f"{of_issue}/comments",
            "statuses": f"{repository}/statuses/{pull.head_sha}",
        }
        return {
            "url": url,
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            **{f"{name}_url": address for name, address in found.items()},
            "_links": {name: {"href": address} for name, address in {"self": url, "html": page, **found}.items()},
        }

    def _branch(self, repository: Repository, name: str, sha: str) -> Json:
        owner = repository.owner
        return {
            "label": f"{owner.login}:{name}",
            "ref": name,
            "sha": sha,
            "user": self.shapes.user(owner),
            "repo": self.shapes.repository(repository),
        }


def _state(pull: Pull, figures: PullFigures) -> str:
    if figures.mergeable is None:
        return "unknown"
    if not figures.mergeable:
        return "dirty"
    return "draft" if pull.draft else "clean"
