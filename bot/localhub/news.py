"""What has happened: a line in the issue's timeline, and a webhook for whoever listens."""

from __future__ import annotations

import json
from collections.abc import Callable

from bot.localhub.clock import Clock
from bot.localhub.database import Database, moment, stamp
from bot.localhub.hooks import Hooks
from bot.localhub.people import People
from bot.localhub.pull_shapes import PullShapes
from bot.localhub.repositories import Repositories
from bot.localhub.shapes import Json, Shapes
from bot.localhub.values import Comment, Hook, Issue, IssueAddress, PullFigures, Repository, TimelineEntry, User


class News:
    """Tells of changes, inside the transaction that makes them.

    `shapes` says how payloads look; the server replaces it once it knows its own address. `figures` says what a pull request
    would bring; whoever keeps them puts it in.
    """

    def __init__(self, db: Database, clock: Clock, people: People, *, repositories: Repositories, hooks: Hooks) -> None:
        self._db = db
        self._clock = clock
        self._people = people
        self._repositories = repositories
        self._hooks = hooks
        self.shapes = Shapes(api="http://127.0.0.1", html="http://127.0.0.1")
        self.figures: Callable[[Issue], PullFigures] = lambda _: PullFigures()

    def issue(self, action: str, issue: Issue, actor: User, **extra: Json | str) -> None:
        """Of a pull request, GitHub tells under a name of its own."""
        if issue.pull is not None:
            self.tell(issue.repository_id, "pull_request", actor, lambda: self._about_pull(action, issue, extra))
            return
        self.tell(issue.repository_id, "issues", actor, lambda: self._about_issue(action, issue, extra))

    def comment(self, action: str, comment: Comment, issue: Issue, actor: User, **extra: Json) -> None:
        def payload() -> Json:
            return {**self._about_issue(action, issue, {}), "comment": self.shapes.comment(comment), **extra}

        self.tell(issue.repository_id, "issue_comment", actor, payload)

    def tell(self, repository_id: int, event: str, actor: User, body: Callable[[], Json]) -> None:
        """Queue the event for every hook that listens. The body is only built if there is one."""
        hooks = self._hooks.listening(repository_id, event)
        if not hooks:
            return
        payload = body() | self._around(self._repositories.get(repository_id), actor)
        for hook in hooks:
            self._hooks.queue(hook, event, payload)

    def repository(self, repository_id: int) -> Repository:
        return self._repositories.get(repository_id)

    def ping(self, hook: Hook, repository: Repository, actor: User) -> None:
        payload = {
            "zen": "Keep it logically awesome.",
            "hook_id": hook.id,
            "hook": self.shapes.hook(hook),
            **self._around(repository, actor),
        }
        self._hooks.queue(hook, "ping", payload)

    def _about_pull(self, action: str, issue: Issue, extra: Json) -> Json:
        shape = PullShapes(self.shapes).full(issue, self.repository(issue.repository_id), self.figures(issue))
        return {"action": action, "number": issue.number, "pull_request": shape, **extra}

    def _about_issue(self, action: str, issue: Issue, extra: Json) -> Json:
        shape = self.shapes.issue(issue)
        shape.pop("closed_by")  # payloads do not say
        return {"action": action, "issue": shape, **extra}

    def _around(self, repository: Repository, actor: User) -> Json:
        owner = repository.owner
        organization = {"organization": self.shapes.organization(owner)} if owner.type == "Organization" else {}
        return {
            "repository": self.shapes.repository(repository),
            **organization,
            "sender": self.shapes.user(actor),
        }

    def record(self, issue: Issue | IssueAddress, kind: str, actor: User, detail: Json | None = None) -> None:
        """Write a line into the issue's timeline, in the words of GitHub's issue events."""
        self._db.insert(
            "timeline",
            issue_id=issue.id,
            kind=kind,
            actor_id=actor.id,
            detail=json.dumps(detail or {}),
            created_at=stamp(self._clock()),
        )

    def timeline(self, issue: Issue) -> list[TimelineEntry]:
        """The issue's events, the oldest first."""
        address = IssueAddress(issue.id, issue.repository, issue.number)
        return [
            TimelineEntry(
                id=row["id"],
                issue=address,
                kind=row["kind"],
                actor=self._people.get(row["actor_id"]),
                detail=json.loads(row["detail"]),
                created_at=moment(row["created_at"]),
            )
            for row in self._db.rows("SELECT * FROM timeline WHERE issue_id = ? ORDER BY id", issue.id)
        ]
