"""Reading a repository in tests and pages, as frozen values and past all permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.localhub.run_values import Run
from bot.localhub.values import (
    Comment,
    Delivery,
    Hook,
    Issue,
    IssueQuery,
    Label,
    Reaction,
    Repository,
    TimelineEntry,
)

if TYPE_CHECKING:
    from bot.localhub.hub import Hub

EVERY = IssueQuery(state="all", direction="asc")


class RepositoryReading:
    """Everything in one repository. Each access reads the state as it is now."""

    def __init__(self, hub: Hub, repository: Repository) -> None:
        self._hub = hub
        self._repository = repository

    @property
    def value(self) -> Repository:
        return self._hub.repositories.get(self._repository.id)

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All issues, open and closed, by number."""
        found = self._hub.rows.matching(self._repository, EVERY)
        return tuple(sorted(found, key=lambda issue: issue.number))

    def issue(self, number: int) -> Issue:
        return self._hub.rows.numbered(self._repository, number)

    def comments(self, number: int) -> tuple[Comment, ...]:
        return tuple(self._hub.comments.of_issue(self.issue(number)))

    def sub_issues(self, number: int) -> tuple[Issue, ...]:
        """The children, in their order."""
        return tuple(self._hub.rows.sub_issues(self.issue(number)))

    def blocked_by(self, number: int) -> tuple[Issue, ...]:
        return tuple(self._hub.rows.blockers(self.issue(number)))

    def blocking(self, number: int) -> tuple[Issue, ...]:
        return tuple(self._hub.rows.blocked(self.issue(number)))

    def reactions(self, number: int) -> tuple[Reaction, ...]:
        return tuple(self._hub.reactions.all(self.issue(number)))

    def comment_reactions(self, comment_id: int) -> tuple[Reaction, ...]:
        return tuple(self._hub.reactions.all(self._hub.comments.get(self._repository, comment_id)))

    def timeline(self, number: int) -> tuple[TimelineEntry, ...]:
        return tuple(self._hub.news.timeline(self.issue(number)))

    @property
    def runs(self) -> tuple[Run, ...]:
        """All workflow runs, the oldest first."""
        return tuple(reversed(self._hub.runs.all(self._repository)))

    @property
    def labels(self) -> tuple[Label, ...]:
        return tuple(self._hub.labels.all(self._repository))

    @property
    def hooks(self) -> tuple[Hook, ...]:
        return tuple(self._hub.hooks.all(self._repository))

    def deliveries(self, hook_id: int) -> tuple[Delivery, ...]:
        """Those already made, the newest first."""
        return tuple(self._hub.hooks.deliveries(self._hub.hooks.get(self._repository, hook_id)))
