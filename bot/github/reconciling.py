"""Reconciling: reads what has changed in a repository since a moment, and tells it as GitHub's webhooks would have.

Two lists tell nearly everything, whatever the number of issues; while nothing happens they cost nothing of the allowance.
https://docs.github.com/en/rest/issues/issues#list-repository-issues
https://docs.github.com/en/rest/issues/comments#list-issue-comments-for-a-repository
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.github.answers import RemoteIssue
from bot.github.client import APP_HOOK, GitHub
from bot.github.deliveries import Deliveries
from bot.github.events.comments import causes
from bot.github.looking import Item, Look, Looking
from bot.github.pulls import from_branch
from services.domain.errors import NotAllowed, NotFound
from services.publishing.markers import Markers


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a webhook would have told it. `id` is the same however often it is found."""

    id: str
    event: str
    body: bytes


class Reconciling:
    """One for an account. Everything raises what `bot.github.errors` names."""

    def __init__(self, github: GitHub, markers: Markers) -> None:
        self._github = github
        self._markers = markers
        self._looking = Looking(github)
        self._hooks: dict[str, list[Deliveries]] = {}
        self._app_hook: Sequence[Deliveries] = ()
        self.remember = self._looking.remember

    # ------------------------------------------------------------ issues and comments

    def issues(self, project: str, since: datetime, page: int = 1) -> Look:
        """Issues touched since then, the one touched last at the end."""
        return self._looking.first(f"/repos/{project}/issues", {"state": "all", **_in_order(since, page)})

    def comments(self, project: str, since: datetime, page: int = 1) -> Look:
        """Comments on any issue, written or edited since then."""
        return self._looking.first(f"/repos/{project}/issues/comments", _in_order(since, page))

    def issue_told(self, project: str, item: Item, since: datetime) -> Told:
        """A new issue, or one that was edited in some way."""
        is_new = _moment(item["created_at"]) >= since
        told = {"action": "opened" if is_new else "edited", "issue": item}
        return _told(project, "issues", f"issue/{item['id']}", item, told)

    def comment_told(self, project: str, item: Item, issues: Mapping[int, Item]) -> Told | None:
        """What somebody wrote; `issues` by number are those at hand, any other is asked for. None for an issue that is gone."""
        number = int(str(item["issue_url"]).rpartition("/")[2])
        issue = issues.get(number) or self._issue(project, number)
        if issue is None:
            return None
        is_new = item["created_at"] == item["updated_at"]
        told = {"action": "created" if is_new else "edited", "issue": issue, "comment": item}
        return _told(project, "issue_comment", f"comment/{item['id']}", item, told)

    def causes(self, item: Item) -> list[str] | None:
        """Of the commands in a comment, none in idle talk; None if it has to be looked at more closely, for its boxes."""
        body = str(item["body"] or "")
        return None if self._markers.find(body) else causes(int(item["id"]), body)

    def is_our_own(self, item: Item) -> bool:
        """Written by this account, if nobody else writes with it."""
        author = item.get("user") or {}
        return author.get("type") == "Bot" and author.get("login") == self._github.login

    def all_own(self, project: str) -> Iterator[RemoteIssue]:
        """Every issue that this account has created and that is still there."""
        return self._github.own_issues(project, None)

    def _issue(self, project: str, number: int) -> Item | None:
        try:
            issue = self._github.issue(project, number)
        except NotFound:
            return None
        return {"id": issue.id, "number": number, "updated_at": _written(issue.updated_at)}

    # ------------------------------------------------------------ pull requests

    def pulls(self, project: str, branch: str) -> Look:
        """Those of one branch, whatever has become of them, the one touched last first."""
        asked = {"state": "all", "sort": "updated", "direction": "desc", **from_branch(project, branch)}
        return self._looking.first(f"/repos/{project}/pulls", asked)

    def pull_told(self, project: str, item: Item) -> Told:
        """Two things may happen to it within one second."""
        stands = (item["state"], item["draft"], item["merged_at"], item["head"]["sha"])
        about = f"pull/{item['id']}/{'/'.join(map(str, stands))}"
        return _told(project, "pull_request", about, item, {"pull_request": item})

    # ------------------------------------------------------------ deliveries

    def find_hooks(self, project: str, url: str) -> None:
        """Learn which of the repository's hooks lead to us; none where this account may not see hooks."""
        try:
            listed = self._looking.first(f"/repos/{project}/hooks", {}).items or ()
        except (NotAllowed, NotFound):
            listed = ()
        paths = [
            f"/repos/{project}/hooks/{one['id']}" for one in listed if one["active"] and one["config"]["url"] == url
        ]
        self._hooks[project] = [Deliveries(self._github, self._looking, path) for path in paths]

    def find_app_hook(self, url: str) -> None:
        """Learn whether the App's own webhook leads to us."""
        is_ours = bool(url) and self._github.own_webhook() == url
        self._app_hook = (Deliveries(self._github, self._looking, APP_HOOK),) if is_ours else ()

    def app_deliveries(self) -> Sequence[Deliveries]:
        """Those of the App's own webhook, whatever repository they tell of."""
        return self._app_hook

    def deliveries(self, project: str) -> Sequence[Deliveries]:
        """Those of the hooks that were found."""
        return self._hooks.get(project, ())


def _in_order(since: datetime, page: int) -> dict[str, str]:
    asked = {"since": _written(since), "sort": "updated", "direction": "asc"}
    return asked if page == 1 else {**asked, "page": str(page)}


def _written(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _moment(written: Any) -> datetime:
    return datetime.fromisoformat(str(written))


def _told(project: str, event: str, about: str, item: Item, payload: dict[str, Any]) -> Told:
    whole = {**payload, "repository": {"full_name": project}, "sender": item.get("user") or {"login": "ghost"}}
    return Told(f"poll/{about}/{item['updated_at']}", event, json.dumps(whole).encode())
