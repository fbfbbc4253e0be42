"""How values look as JSON: GitHub's shapes, built from what the tracker knows and where it is served."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.localhub.database import stamp
from bot.localhub.url_templates import REPOSITORY_LINKS, USER_LINKS
from bot.localhub.values import (
    REACTIONS,
    App,
    Comment,
    CommitComment,
    Delivery,
    Hook,
    HookConfig,
    Installation,
    Issue,
    IssueAddress,
    Label,
    Reaction,
    Repository,
    Role,
    TimelineEntry,
    User,
)

Json = dict[str, Any]

_REPOSITORY_FIGURES = dict.fromkeys(
    ("forks_count", "stargazers_count", "watchers_count", "forks", "watchers", "size"), 0
)
_REPOSITORY_SWITCHES: Mapping[str, bool] = {
    "fork": False,
    "is_template": False,
    "has_projects": False,
    "has_wiki": False,
    "has_pages": False,
    "has_discussions": False,
    "disabled": False,
    "allow_forking": True,
    "web_commit_signoff_required": False,
}
_RUNGS = {"admin": Role.ADMIN, "maintain": Role.MAINTAIN, "push": Role.WRITE, "triage": Role.TRIAGE, "pull": Role.READ}


def node_id(kind: str, database_id: int) -> str:
    packed = base64.urlsafe_b64encode(database_id.to_bytes(8, "big")).decode().rstrip("=")
    return f"{kind}_kw{packed}"


def permissions(role: Role) -> dict[str, bool]:
    return {name: role.includes(rung) for name, rung in _RUNGS.items()}


@dataclass(frozen=True, slots=True)
class Shapes:
    """`api` is the root of the REST links, `html` that of the pages; neither ends in a slash.

    `assignee` (and `merge_commit_sha`) is left out for clients that ask for API version 2026-03-10, which dropped it.
    """

    api: str
    html: str
    has_assignee: bool = True

    def user(self, user: User) -> Json:
        url = f"{self.api}/users/{user.login}"
        return {
            "login": user.login,
            "id": user.id,
            "node_id": node_id("U", user.id),
            "avatar_url": f"{self.html}/static/avatar.svg",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.html}/{user.login}",
            **{key: url + tail for key, tail in USER_LINKS.items()},
            "type": user.type,
            "user_view_type": "public",
            "site_admin": False,
        }

    def profile(self, user: User) -> Json:
        """A user as GET /users/{login} has it."""
        blank = dict.fromkeys(("company", "blog", "location", "email", "hireable", "bio", "twitter_username"))
        counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
        since = stamp(user.created_at)
        return {**self.user(user), "name": user.name, **blank, **counts, "created_at": since, "updated_at": since}

    def own_profile(self, user: User) -> Json:
        """A user as GET /user has it."""
        counts = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")
        return {**self.profile(user), **dict.fromkeys(counts, 0), "two_factor_authentication": True}

    def collaborator(self, user: User, role: Role) -> Json:
        return {**self.user(user), "permissions": permissions(role), "role_name": role.value}

    def repository_url(self, full_name: str) -> str:
        return f"{self.api}/repos/{full_name}"

    def repository(self, repository: Repository) -> Json:
        """A repository as payloads and lists have it."""
        url = self.repository_url(repository.full_name)
        page = f"{self.html}/{repository.full_name}"
        return {
            **self.place(repository),
            "owner": self.user(repository.owner),
            "html_url": page,
            "description": repository.description,
            "url": url,
            **{key: url + tail for key, tail in REPOSITORY_LINKS.items()},
            "git_url": f"git://{page.partition('://')[2]}.git",
            "ssh_url": f"git@localhub:{repository.full_name}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
            **_REPOSITORY_FIGURES,
            **_REPOSITORY_SWITCHES,
            **dict.fromkeys(("homepage", "language", "mirror_url", "license")),
            "archived": repository.archived,
            "has_issues": repository.has_issues,
            "open_issues_count": repository.open_issues,
            "open_issues": repository.open_issues,
            "default_branch": repository.default_branch,
            "topics": [],
            "visibility": "private" if repository.private else "public",
            "created_at": stamp(repository.created_at),
            "updated_at": stamp(repository.updated_at),
            "pushed_at": stamp(repository.pushed_at),
        }

    def place(self, repository: Repository) -> Json:
        """A repository as events about installations name it."""
        return {
            "id": repository.id,
            "node_id": node_id("R", repository.id),
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
        }

    def full_repository(self, repository: Repository, role: Role) -> Json:
        """A repository as GET /repos/{owner}/{repo} has it."""
        return {
            **self.repository(repository),
            "permissions": permissions(role),
            "subscribers_count": 0,
            "network_count": 0,
        }

    def app(self, app: App, *, installations: int | None = None) -> Json:
        return {
            "id": app.id,
            "slug": app.slug,
            "node_id": node_id("A", app.id),
            "client_id": app.client_id,
            "owner": self.user(app.owner),
            "name": app.name,
            "description": app.description,
            "external_url": app.url,
            "html_url": f"{self.html}/apps/{app.slug}",
            "created_at": stamp(app.created_at),
            "updated_at": stamp(app.created_at),
            "permissions": dict(app.permissions),
            "events": list(app.events),
            **({} if installations is None else {"installations_count": installations}),
        }

    def installation(self, installation: Installation) -> Json:
        app, url = installation.app, f"{self.api}/app/installations/{installation.id}"
        return {
            "id": installation.id,
            "account": self.user(installation.account),
            "repository_selection": "selected",
            "access_tokens_url": f"{url}/access_tokens",
            "repositories_url": f"{self.api}/installation/repositories",
            "html_url": f"{self.html}/apps/{app.slug}/installations/new",
            "app_id": app.id,
            "client_id": app.client_id,
            "app_slug": app.slug,
            "target_id": installation.account.id,
            "target_type": installation.account.type,
            "permissions": dict(installation.permissions),
            "events": list(app.events),
            "created_at": stamp(installation.created_at),
            "updated_at": stamp(installation.created_at),
            "single_file_name": None,
            "suspended_by": None,
            "suspended_at": stamp(installation.suspended_at) if installation.suspended_at else None,
        }

    def organization(self, owner: User) -> Json:
        url = f"{self.api}/orgs/{owner.login}"
        tails = ("repos", "events", "hooks", "issues")
        return {
            "login": owner.login,
            "id": owner.id,
            "node_id": node_id("O", owner.id),
            "url": url,
            **{f"{tail}_url": f"{url}/{tail}" for tail in tails},
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": f"{self.html}/static/avatar.svg",
            "description": None,
        }

    def label(self, label: Label) -> Json:
        return {
            "id": label.id,
            "node_id": node_id("LA", label.id),
            "url": f"{self.repository_url(label.repository)}/labels/{quote(label.name, safe='')}",
            "name": label.name,
            "color": label.color,
            "default": label.default,
            "description": label.description,
            "archived_at": None,
            "archived_by": None,
        }

    def issue_url(self, address: IssueAddress | Issue) -> str:
        return f"{self.repository_url(address.repository)}/issues/{address.number}"

    def issue_page(self, address: IssueAddress | Issue) -> str:
        kind = "pull" if isinstance(address, Issue) and address.pull else "issues"
        return f"{self.html}/{address.repository}/{kind}/{address.number}"

    def reactions(self, url: str, counts: Mapping[str, int]) -> Json:
        return {
            "url": f"{url}/reactions",
            "total_count": sum(counts.values()),
            **{content: counts.get(content, 0) for content in REACTIONS},
        }

    def issue(self, issue: Issue) -> Json:
        url = self.issue_url(issue)
        assignees = [self.user(user) for user in issue.assignees]
        return {
            "url": url,
            "repository_url": self.repository_url(issue.repository),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": self.issue_page(issue),
            "id": issue.id,
            "node_id": node_id("I", issue.id),
            "number": issue.number,
            "title": issue.title,
            "user": self.user(issue.user),
            "labels": [self.label(label) for label in issue.labels],
            "state": issue.state,
            "locked": False,
            **({"assignee": assignees[0] if assignees else None} if self.has_assignee else {}),
            "assignees": assignees,
            "milestone": None,
            "comments": issue.comments,
            "created_at": stamp(issue.created_at),
            "updated_at": stamp(issue.updated_at),
            "closed_at": stamp(issue.closed_at) if issue.closed_at else None,
            "author_association": issue.association,
            "active_lock_reason": None,
            "body": issue.body,
            "closed_by": self.user(issue.closed_by) if issue.closed_by else None,
            "reactions": self.reactions(url, issue.reactions),
            "timeline_url": f"{url}/timeline",
            "performed_via_github_app": None,
            "state_reason": issue.state_reason,
            **self._links(issue),
            **({"pull_request": self._pull(issue), "draft": issue.pull.draft} if issue.pull else {}),
        }

    def _pull(self, issue: Issue) -> Json:
        """By this, lists of issues tell pull requests apart."""
        page, merged_at = self.issue_page(issue), issue.pull and issue.pull.merged_at
        return {
            "url": f"{self.repository_url(issue.repository)}/pulls/{issue.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": stamp(merged_at) if merged_at else None,
        }

    def _links(self, issue: Issue) -> Json:
        count, needs = issue.sub_issues, issue.dependencies
        return {
            "sub_issues_summary": {
                "total": count.total,
                "completed": count.completed,
                "percent_completed": count.percent,
            },
            "issue_dependencies_summary": {
                "blocked_by": needs.blocked_by,
                "total_blocked_by": needs.total_blocked_by,
                "blocking": needs.blocking,
                "total_blocking": needs.total_blocking,
            },
            **({"parent_issue_url": self.issue_url(issue.parent)} if issue.parent else {}),
        }

    def comment(self, comment: Comment) -> Json:
        url = f"{self.repository_url(comment.issue.repository)}/issues/comments/{comment.id}"
        return {
            "url": url,
            "html_url": f"{self.issue_page(comment.issue)}#issuecomment-{comment.id}",
            "issue_url": self.issue_url(comment.issue),
            "id": comment.id,
            "node_id": node_id("IC", comment.id),
            "user": self.user(comment.user),
            "created_at": stamp(comment.created_at),
            "updated_at": stamp(comment.updated_at),
            "body": comment.body,
            "author_association": comment.association,
            "reactions": self.reactions(url, comment.reactions),
            "performed_via_github_app": None,
        }

    def commit_comment(self, comment: CommitComment) -> Json:
        return {
            "url": f"{self.repository_url(comment.repository)}/comments/{comment.id}",
            "html_url": f"{self.html}/{comment.repository}/commit/{comment.sha}#commitcomment-{comment.id}",
            "id": comment.id,
            "node_id": node_id("CC", comment.id),
            "user": self.user(comment.user),
            "position": None,
            "line": None,
            "path": None,
            "commit_id": comment.sha,
            "created_at": stamp(comment.created_at),
            "updated_at": stamp(comment.created_at),
            "author_association": comment.association,
            "body": comment.body,
        }

    def event(self, entry: TimelineEntry) -> Json:
        """One thing done to an issue."""
        return {
            "id": entry.id,
            "node_id": node_id("EV", entry.id),
            "url": f"{self.repository_url(entry.issue.repository)}/issues/events/{entry.id}",
            "actor": self.user(entry.actor),
            "event": entry.kind,
            "commit_id": None,
            "commit_url": None,
            "created_at": stamp(entry.created_at),
            "performed_via_github_app": None,
            **(
                {"label": {"name": entry.detail["label"], "color": entry.detail["color"]}}
                if "color" in entry.detail
                else {}
            ),
        }

    def reaction(self, reaction: Reaction) -> Json:
        return {
            "id": reaction.id,
            "node_id": node_id("REA", reaction.id),
            "user": self.user(reaction.user),
            "content": reaction.content,
            "created_at": stamp(reaction.created_at),
        }

    def hook(self, hook: Hook) -> Json:
        """A hook; its secret is never shown, only that there is one."""
        url = f"{self.repository_url(hook.repository)}/hooks/{hook.id}"
        config = {"url": hook.config.url, "content_type": hook.config.content_type}
        secret = {"secret": "********"} if hook.config.secret else {}
        return {
            "type": "Repository",
            "id": hook.id,
            "name": "web",
            "active": hook.active,
            "events": list(hook.events),
            "config": {**config, "insecure_ssl": hook.config.insecure_ssl, **secret},
            "created_at": stamp(hook.created_at),
            "updated_at": stamp(hook.updated_at),
            "url": url,
            "test_url": f"{url}/test",
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
            "last_response": {
                "code": hook.last_answer.code,
                "status": hook.last_answer.status,
                "message": hook.last_answer.message,
            },
        }

    def app_webhook(self, config: HookConfig) -> Json:
        """Where an App's events are sent."""
        shown = {"content_type": config.content_type, "insecure_ssl": config.insecure_ssl, "url": config.url}
        return {**shown, "secret": "********"} if config.secret else shown

    def delivery(self, delivery: Delivery) -> Json:
        """A delivery as lists have it."""
        return {
            "id": delivery.id,
            "guid": delivery.guid,
            "delivered_at": stamp(delivery.delivered_at),
            "redelivery": delivery.redelivery,
            "duration": delivery.duration,
            "status": delivery.status,
            "status_code": delivery.status_code,
            "event": delivery.event,
            "action": delivery.action,
            "installation_id": delivery.installation_id,
            "repository_id": delivery.repository_id,
            "throttled_at": None,
        }

    def full_delivery(self, delivery: Delivery) -> Json:
        """A delivery with what was sent and what came back."""
        return {
            **self.delivery(delivery),
            "url": delivery.url,
            "request": {"headers": dict(delivery.request_headers), "payload": json.loads(delivery.payload)},
            "response": {"headers": dict(delivery.response_headers), "payload": delivery.response_body},
        }
