"""GitHub as we use it: issues, their comments and links, and what people may do. Values in, values out.

Links go by the database id of an issue, never by its number. Docs: https://docs.github.com/en/rest/issues
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import takewhile
from urllib.parse import quote, urlencode

from bot.github.answers import (
    Account,
    Commits,
    Committed,
    Nothing,
    Permission,
    Reaction,
    RemoteComment,
    RemoteCommit,
    RemoteEvent,
    RemoteFile,
    RemoteIssue,
    RemoteRepository,
    Webhook,
)
from bot.github.errors import Unprocessable
from bot.github.features import Features, Moments, Passing
from bot.github.identity import Need
from bot.github.pacing import Pacer
from bot.github.pulls import PullsApi
from bot.github.runs import ActionsApi
from bot.github.session import Access, Page, Sessions
from services.commands.spec import Level
from services.domain.errors import NotFound
from services.ports import Clock
from services.publishing.arranging import Move

APP_HOOK = "/app/hook"
"""The webhook of whatever App asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An issue to be created. `parent_id` is the database id of the issue it belongs under."""

    title: str
    body: str
    labels: tuple[str, ...] = ()
    parent_id: int | None = None


class GitHub:
    """One account on one server. Safe to share between threads. Every method raises what `bot.github.errors` names.

    `project` is `owner/name` throughout, `number` an issue's number in it.
    """

    def __init__(
        self, access: Access, clock: Clock, pacer: Pacer | None = None, moments: Moments | None = None
    ) -> None:
        """`moments` keep what the server lacks; without them it is found out anew by every process."""
        self._sessions = Sessions(access, clock, pacer or Pacer.unhurried(clock))
        self._clock = clock
        self.features = Features(access.api_url, moments or Passing(), clock)

    def close(self) -> None:
        self._sessions.close()

    @cached_property
    def login(self) -> str:
        """Who acts. Asked once; an App knows it by itself."""
        return self._sessions.login or self._sessions.one(Account, "GET", "/user").login

    def repository(self, project: str) -> RemoteRepository:
        return self._sessions.one(RemoteRepository, "GET", f"/repos/{project}")

    def repository_of(self, project: str, number: int) -> RemoteRepository:
        """The one of this number, whatever it is called by now; `project` is how it was called."""
        answer = self._sessions.ask("GET", f"/repositories/{number}", need=Need(project))
        return RemoteRepository.model_validate(answer.data)

    def spent(self, project: str) -> int:
        """How many of an hour's writes were used within the last hour."""
        return self._sessions.spent(f"/repos/{project}/issues")

    def page(self, path: str, asked: Mapping[str, str], *, etag: str = "") -> Page | None:
        """One page of any list, as JSON; None if its content is still the one that `etag` names."""
        return self._sessions.page(path, asked, etag=etag)

    @cached_property
    def actions(self) -> ActionsApi:
        """Workflows and their runs."""
        return ActionsApi(self._sessions, self.features, self._clock)

    @cached_property
    def pulls(self) -> PullsApi:
        """Pull requests."""
        return PullsApi(self._sessions)

    # ------------------------------------------------------------ issues

    def issue(self, project: str, number: int) -> RemoteIssue:
        return self._sessions.one(RemoteIssue, "GET", _issue(project, number))

    def own_issues(self, project: str, since: datetime | None) -> Iterator[RemoteIssue]:
        """What this account created, oldest first, as far as it was touched since then. The list lags behind nothing."""
        asked = {"state": "all", "creator": self.login, "sort": "created", "direction": "asc", **_since(since)}
        found = self._sessions.all(RemoteIssue, f"/repos/{project}/issues", **asked)
        return (one for one in found if not one.is_pull_request and one.author == self.login)

    def own_issues_made_since(self, project: str, moment: datetime) -> Iterator[RemoteIssue]:
        """What this account created since then, the newest first; read page by page, as far as it is asked for."""
        asked = {"state": "all", "creator": self.login, "sort": "created", "direction": "desc", **_since(moment)}
        found = self._sessions.all(RemoteIssue, f"/repos/{project}/issues", **asked)
        made = takewhile(lambda one: one.created_at is None or one.created_at >= moment, found)
        return (one for one in made if not one.is_pull_request and one.author == self.login)

    def create_issue(self, project: str, draft: Draft) -> RemoteIssue:
        """Labels that the account may not set are dropped without a word: compare them. Older servers ignore the parent."""
        wanted: dict[str, object] = {"title": draft.title, "body": draft.body, "labels": list(draft.labels)}
        if draft.parent_id is not None:
            wanted["parent_issue_id"] = draft.parent_id
        return self._sessions.one(RemoteIssue, "POST", f"/repos/{project}/issues", wanted)

    def edit(
        self, project: str, number: int, *, title: str, body: str, labels: Sequence[str] | None = None
    ) -> RemoteIssue:
        """`labels` are all that it is to have; None leaves them alone."""
        wanted: dict[str, object] = {"title": title, "body": body}
        if labels is not None:
            wanted["labels"] = list(labels)
        return self._sessions.one(RemoteIssue, "PATCH", _issue(project, number), wanted)

    def edit_body(self, project: str, number: int, body: str) -> RemoteIssue:
        return self._sessions.one(RemoteIssue, "PATCH", _issue(project, number), {"body": body})

    def set_state(self, project: str, number: int, state: str, reason: str) -> RemoteIssue:
        wanted = {"state": state, "state_reason": reason}
        return self._sessions.one(RemoteIssue, "PATCH", _issue(project, number), wanted)

    def assign(
        self, project: str, number: int, logins: Sequence[str], *, more: Mapping[str, object] | None = None
    ) -> RemoteIssue:
        """Whoever cannot be assigned is left out without a word: compare them. `more` is for agents among them."""
        wanted = {"assignees": list(logins), **(more or {})}
        return self._sessions.one(RemoteIssue, "POST", f"{_issue(project, number)}/assignees", wanted)

    def unassign(self, project: str, number: int, logins: Sequence[str]) -> None:
        """One that is not assigned is no error."""
        self._sessions.ask("DELETE", f"{_issue(project, number)}/assignees", body={"assignees": list(logins)})

    def add_labels(self, project: str, number: int, names: Sequence[str]) -> None:
        """Besides those that it has."""
        self._sessions.ask("POST", f"{_issue(project, number)}/labels", body={"labels": list(names)})

    def remove_label(self, project: str, number: int, name: str) -> None:
        """One that it does not have is no error."""
        with suppress(NotFound):
            self._sessions.ask("DELETE", f"{_issue(project, number)}/labels/{quote(name, safe='')}")

    def events(self, project: str, number: int) -> Iterator[RemoteEvent]:
        """What was done to an issue and by whom, oldest first; comments and edits of the body are not among it."""
        return self._sessions.all(RemoteEvent, f"{_issue(project, number)}/events")

    # ------------------------------------------------------------ links

    def add_sub_issue(self, project: str, parent: int, child_id: int, *, moving: bool = False) -> None:
        """Put the issue of that id under the numbered one; `moving`: from under another one. The answer is the parent."""
        wanted = {"sub_issue_id": child_id, **({"replace_parent": True} if moving else {})}
        self._sessions.one(RemoteIssue, "POST", f"{_issue(project, parent)}/sub_issues", wanted)

    def sub_issues(self, project: str, parent: int) -> list[int]:
        """Ids of the children, in their order. Raises NotFound where the server knows no sub-issues."""
        return [one.id for one in self._sessions.all(RemoteIssue, f"{_issue(project, parent)}/sub_issues")]

    def move_sub_issue(self, project: str, parent: int, move: Move) -> None:
        """The answer is the parent, not the child."""
        wanted: dict[str, object] = {"sub_issue_id": move.issue, "after_id": move.after, "before_id": move.before}
        said = {name: id for name, id in wanted.items() if id is not None}
        self._sessions.one(RemoteIssue, "PATCH", f"{_issue(project, parent)}/sub_issues/priority", said)

    def blockers(self, project: str, number: int) -> frozenset[int]:
        """Ids of the issues that block it. Raises NotFound where the server knows no dependencies."""
        return frozenset(one.id for one in self._sessions.all(RemoteIssue, _blocked_by(project, number)))

    def add_blocker(self, project: str, number: int, blocker_id: int) -> None:
        self._sessions.one(RemoteIssue, "POST", _blocked_by(project, number), {"issue_id": blocker_id})

    def remove_blocker(self, project: str, number: int, blocker_id: int) -> None:
        self._sessions.one(RemoteIssue, "DELETE", f"{_blocked_by(project, number)}/{blocker_id}")

    # ------------------------------------------------------------ comments

    def own_comments(self, project: str, number: int) -> Iterator[RemoteComment]:
        """This account's comments on an issue, oldest first."""
        found = self._sessions.all(RemoteComment, f"{_issue(project, number)}/comments")
        return (one for one in found if one.author == self.login)

    def post_comment(self, project: str, number: int, body: str) -> RemoteComment:
        return self._sessions.one(RemoteComment, "POST", f"{_issue(project, number)}/comments", {"body": body})

    def edit_comment(self, project: str, id: int, body: str) -> RemoteComment:
        return self._sessions.one(RemoteComment, "PATCH", f"/repos/{project}/issues/comments/{id}", {"body": body})

    def comment_on_commit(self, project: str, sha: str, body: str) -> RemoteComment:
        """https://docs.github.com/en/rest/commits/comments"""
        return self._sessions.one(RemoteComment, "POST", f"/repos/{project}/commits/{sha}/comments", {"body": body})

    def own_commit_comments(self, project: str, sha: str) -> Iterator[RemoteComment]:
        """This account's comments on a commit, oldest first."""
        found = self._sessions.all(RemoteComment, f"/repos/{project}/commits/{sha}/comments")
        return (one for one in found if one.author == self.login)

    def react(self, project: str, comment: int, content: str) -> None:
        """To give the same reaction again changes nothing."""
        path = f"/repos/{project}/issues/comments/{comment}/reactions"
        self._sessions.one(Reaction, "POST", path, {"content": content})

    # ------------------------------------------------------------ webhooks

    def own_webhook(self) -> str:
        """Where the events of the App are sent that this account is; "" where it is none, or they are not sent at all.

        https://docs.github.com/en/rest/apps/webhooks
        """
        if not self._sessions.is_app:
            return ""
        try:
            return self._sessions.one(Webhook, "GET", f"{APP_HOOK}/config").url or ""
        except NotFound:
            return ""

    def redeliver(self, hook: str, delivery: int) -> None:
        """Send it again, under the same GUID. `hook` is the path of the hook, or of the App's."""
        self._sessions.one(Nothing, "POST", f"{hook}/deliveries/{delivery}/attempts", in_turn=False)

    # ------------------------------------------------------------ files

    def file(self, project: str, path: str, ref: str = "") -> RemoteFile:
        """A file at a commit or branch, else as it is on the default branch. Raises NotFound."""
        asked = f"?ref={quote(ref, safe='')}" if ref else ""
        found = self._sessions.one(RemoteFile, "GET", f"/repos/{project}/contents/{quote(path)}{asked}")
        if found.type != "file":
            raise NotFound(f"{path} is no file")
        if found.content or not found.size:
            return found
        return self._sessions.one(RemoteFile, "GET", f"/repos/{project}/git/blobs/{found.sha}")

    def last_commit(self, project: str, ref: str = "", *, path: str = "") -> str:
        """The newest commit of a branch, or as of a commit ("": of the default branch); with `path` the newest that has
        changed this file. "" where there is none. Raises NotFound for a ref that is not there.

        https://docs.github.com/en/rest/commits/commits#list-commits
        """
        asked = {"per_page": "1", **({"sha": ref} if ref else {}), **({"path": path} if path else {})}
        try:
            found = self._sessions.one(Commits, "GET", f"/repos/{project}/commits?{urlencode(asked)}").root
        except Unprocessable:
            raise NotFound(f"{project} has no commit {ref}") from None
        return found[0].sha if found else ""

    def commits(self, project: str, path: str, limit: int) -> list[RemoteCommit]:
        """The newest on the default branch that touched a file; at most a hundred.

        https://docs.github.com/en/rest/commits/commits#list-commits
        """
        page = self._sessions.page(f"/repos/{project}/commits", {"path": path, "per_page": str(limit)})
        return [RemoteCommit.model_validate(one) for one in (page.items if page else ())]

    def put_file(self, project: str, path: str, content: bytes, *, sha: str, message: str) -> Committed:
        """Commit a file to the default branch, in place of the one with this hash; "" for a new one.

        https://docs.github.com/en/rest/repos/contents#create-or-update-file-contents
        """
        body = {"message": message, "content": b64encode(content).decode(), **({"sha": sha} if sha else {})}
        return self._sessions.one(Committed, "PUT", f"/repos/{project}/contents/{quote(path)}", body)

    # ------------------------------------------------------------ people

    def level(self, project: str, login: str) -> Level:
        """What somebody may do; a custom role counts as what it is based on. Never by `author_association`, which does not
        see private members of an organisation."""
        path = f"/repos/{project}/collaborators/{quote(login, safe='')}/permission"
        try:
            return self._sessions.one(Permission, "GET", path).level
        except NotFound:
            return Level.NONE


def _issue(project: str, number: int) -> str:
    return f"/repos/{project}/issues/{number}"


def _blocked_by(project: str, number: int) -> str:
    return f"{_issue(project, number)}/dependencies/blocked_by"


def _since(moment: datetime | None) -> dict[str, str]:
    return {"since": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")} if moment else {}
