"""The reconciler: compares what we believe with what is, now and then. With webhooks it mends what they missed; without them
it is how the bot hears of people at all.

Everything it finds goes the way of a webhook: into the inbox first. How far the lists were read is remembered only after that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.github.answers import RemoteIssue
from bot.github.deliveries import KEPT, OVERLAP, Deliveries
from bot.github.events import READERS
from bot.github.looking import Item, Look
from bot.github.reconciling import Reconciling, Told
from bot.store import Store
from services.coordinator.spending import counted, held_up, new_budgets
from services.domain.absence import Absence
from services.domain.budgets import day_of
from services.domain.effects import Effect
from services.domain.errors import RemoteUnavailable, StorageUnavailable, TransientError, UserError
from services.domain.messages import Message, ProjectSeen
from services.domain.plan import Plan
from services.domain.rules import Budgets
from services.ports import Clock, Delivery

log = structlog.get_logger()

PROJECTS = 100
"""How many projects one tick looks at; the others have their turn in the next ones."""

SWEEP = timedelta(hours=1)
"""How often a repository itself is looked at, and all issues of the project are read: no list of changes tells of what is
gone."""

CLOCK_SKEW = timedelta(minutes=10)

_NEVER = datetime.min.replace(tzinfo=UTC)


class Remote(Protocol):
    """What is needed of whoever speaks to the tracker."""

    @property
    def reconciling(self) -> Reconciling: ...

    def by_hand(self, plan: Plan, pending: Sequence[Effect], listed: Iterable[RemoteIssue]) -> Iterator[Message]:
        """The orders that hands on these issues amount to."""

    def seen(self, project: str, cause: str, known: int | None = None) -> ProjectSeen:
        """Whether anything can be done there now, and what it is called."""

    def budgets(self, project: str) -> Budgets | None:
        """What the repository's policy allows now; None without one."""

    def gone(self, plan: Plan, pending: Sequence[Effect], listed: Iterable[RemoteIssue]) -> Iterator[Message]:
        """The orders that missing issues amount to."""


class Reconciler:
    """One for a process; several processes find the same and count once. `hook_url` is where our webhooks are sent to."""

    def __init__(
        self,
        store: Store,
        remote: Callable[[], Remote],
        receive: Callable[..., Future[Any]],
        *,
        clock: Clock,
        hook_url: Callable[[], str],
        is_ending: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._remote = remote
        self._receive = receive
        self._clock = clock
        self._hook_url = hook_url
        self._is_ending = is_ending
        self._at_work = threading.Lock()
        self._looked: dict[str, datetime] = {}
        self._swept: dict[str, datetime] = {}
        self._found_app_hook = _NEVER
        self._seen: dict[str, tuple[str, Absence | None]] = {}

    def tick(self) -> None:
        """Look at the projects whose last look is longest ago. One tick at a time; what is at work goes on."""
        if self._at_work.acquire(blocking=False):
            try:
                self._tick()
            finally:
                self._at_work.release()

    def _tick(self) -> None:
        """A project that cannot be read does not hold up the others."""
        now = self._clock.now()
        watched = self._store.lookups.watched()
        self._look_at_app_hook(now)
        for project in sorted(watched, key=lambda one: self._looked.get(one, _NEVER))[:PROJECTS]:
            if self._is_ending():
                return
            self._looked[project] = now
            try:
                self._look(project, watched[project] - CLOCK_SKEW, now)
            except (TransientError, RemoteUnavailable, StorageUnavailable, UserError) as error:
                log.warning("project_not_reconciled", project=project, error=str(error))

    def _look(self, project: str, first: datetime, now: datetime) -> None:
        is_due = now - self._swept.get(project, _NEVER) >= SWEEP
        if is_due:
            known = dict(self._store.lookups.known_as(0, project)).get(project)
            seen = self._remote().seen(project, f"seen/{project}/{now.isoformat()}", known)
            if self._seen.get(project) != (what := (seen.name, seen.paused_for)):
                self._take_in([Delivery.of(seen, "reconciled", now)])
                self._seen[project] = what
            if seen.name != project or (seen.paused_for and seen.paused_for is not Absence.ARCHIVED):
                return  # looked at under its new name, or when it is back
            self._remote().reconciling.find_hooks(project, self._hook_url())
        for deliveries in self._remote().reconciling.deliveries(project):
            self._redeliver(deliveries, now)
        issues = self._issues(project, first)
        if "issue_comment" in READERS:
            self._comments(project, first, issues)
        self._take_in(self._budgets(project, now))
        self._pulls(project)
        if is_due:
            self._sweep(project)
            self._swept[project] = now

    # ------------------------------------------------------------ issues

    def _issues(self, project: str, first: datetime) -> dict[int, Item]:
        """Take in what happened to issues. The ones that were read, by number."""
        seen: dict[int, Item] = {}
        reconciling = self._remote().reconciling
        for since, items in self._changed(f"issues of {project}", first, lambda *at: reconciling.issues(project, *at)):
            issues = [one for one in items if "pull_request" not in one]
            seen.update((int(one["number"]), one) for one in issues)
            self._take_in(self._about(project, issues, since))
        return seen

    def _about(self, project: str, items: Sequence[Item], since: datetime) -> Iterator[Delivery]:
        reconciling, plans = self._remote().reconciling, set[str]()
        for item in items:
            found = self._store.lookups.by_issue(project, int(item["id"]))
            if found is not None:
                plans.add(found[0].id)
            elif not reconciling.is_our_own(item):
                yield self._delivery(reconciling.issue_told(project, item, since))
        listed = [RemoteIssue.model_validate(one) for one in items]
        for id in sorted(plans):
            yield from self._orders(id, listed, self._remote().by_hand)

    def _orders(
        self,
        id: str,
        listed: Sequence[RemoteIssue],
        read: Callable[[Plan, Sequence[Effect], Iterable[RemoteIssue]], Iterator[Message]],
    ) -> Iterator[Delivery]:
        """The plan is read after the issues, and what we have still to do after the plan: whatever we do in between ourselves
        can then not be taken for a hand."""
        plan = self._store.lookups.plan(id)
        if plan is not None:
            for message in read(plan, self._store.lookups.pending(id), listed):
                yield Delivery.of(message, "reconciled", self._clock.now())

    # ------------------------------------------------------------ comments

    def _comments(self, project: str, first: datetime, issues: dict[int, Item]) -> None:
        reconciling = self._remote().reconciling
        for _, items in self._changed(f"comments of {project}", first, lambda *at: reconciling.comments(project, *at)):
            told = (reconciling.comment_told(project, one, issues) for one in items if self._is_news(one))
            self._take_in(self._delivery(one) for one in told if one is not None)

    def _is_news(self, item: Item) -> bool:
        """It commands something that was not heard yet."""
        reconciling = self._remote().reconciling
        if reconciling.is_our_own(item):
            return False
        causes = reconciling.causes(item)
        return causes is None or (bool(causes) and not self._store.lookups.has_heard(causes))

    # ------------------------------------------------------------ budgets

    def _budgets(self, project: str, now: datetime) -> Iterator[Delivery]:
        """Only where one is used up is it asked whether the policy allows more by now."""
        lookups = self._store.lookups
        waiting = [
            plan
            for plan in lookups.under_way(project)
            if counted(plan) and held_up(plan, lookups.spending(plan, day_of(now)))
        ]
        budgets = self._remote().budgets(project) if waiting else None
        if budgets is None:
            return
        for plan in waiting:
            for news in new_budgets(plan, budgets, cause=f"budgets/{plan.id}/{now.isoformat()}"):
                yield Delivery.of(news, "reconciled", now)

    # ------------------------------------------------------------ pull requests

    def _pulls(self, project: str) -> None:
        """What became of those that plans wait for. The first of a branch is the one that was touched last."""
        reconciling = self._remote().reconciling
        for branch in self._store.lookups.branches(project):
            look = reconciling.pulls(project, branch)
            self._take_in(self._delivery(reconciling.pull_told(project, one)) for one in reversed(look.items or ()))
            reconciling.remember(look)

    # ------------------------------------------------------------ everything there is

    def _sweep(self, project: str) -> None:
        """Compare all issues with the plans: a hand whose traces were missed, or that left none."""
        listed = list(self._remote().reconciling.all_own(project))
        for id in self._store.lookups.published_in(project):
            self._take_in(self._orders(id, listed, self._remote().by_hand))
            self._take_in(self._orders(id, listed, self._remote().gone))

    # ------------------------------------------------------------ deliveries

    def _look_at_app_hook(self, now: datetime) -> None:
        """The webhook of the App that we may be: one for all projects."""
        reconciling = self._remote().reconciling
        if now - self._found_app_hook >= SWEEP:
            try:
                reconciling.find_app_hook(self._hook_url())
            except (TransientError, UserError) as error:
                log.warning("app_hook_not_seen", error=str(error))
                return
            self._found_app_hook = now
        for deliveries in reconciling.app_deliveries():
            self._redeliver(deliveries, now)

    def _redeliver(self, deliveries: Deliveries, now: datetime) -> None:
        """What cannot be asked for now is asked for next time; what it would tell is found by looking all the same."""
        name = f"deliveries of {deliveries.path}"
        last = self._store.cursors.at(name)
        try:
            look = deliveries.look(last - OVERLAP if last else now - KEPT)
            if asked := deliveries.redeliver(look):
                log.info("webhooks_redelivered", hook=deliveries.path, number=asked)
        except (TransientError, UserError) as error:
            log.warning("webhooks_not_redelivered", hook=deliveries.path, error=str(error))
            return
        self._store.cursors.move(name, now)
        self._remote().reconciling.remember(look)

    # ------------------------------------------------------------ lists, as far as they are new

    def _changed(
        self, name: str, first: datetime, look_at: Callable[[datetime, int], Look]
    ) -> Iterator[tuple[datetime, tuple[Item, ...]]]:
        """Page after page of what is new in a list that is ordered by change, and since when it was asked for. A page counts
        as read when the next one is asked for."""
        page, more = 1, True
        while more:
            since = self._store.cursors.at(name) or first
            look = look_at(since, page)
            if look.items:
                yield since, look.items
                last = datetime.fromisoformat(str(look.items[-1]["updated_at"]))
                self._store.cursors.move(name, last)
                page = 1 if last > since else page + 1  # more changes in one second than a page holds
            else:
                page += 1
            self._remote().reconciling.remember(look)
            more = look.more

    # ------------------------------------------------------------ taking in

    def _delivery(self, told: Told) -> Delivery:
        return Delivery(id=told.id, source="github", event=told.event, body=told.body, received_at=self._clock.now())

    def _take_in(self, found: Iterable[Delivery]) -> None:
        """Durable when it returns. What was found before something could not be asked for is taken in all the same, so that
        each look gets further than the one before, however often GitHub fails."""
        deliveries: list[Delivery] = []
        try:
            deliveries.extend(found)
        finally:
            if deliveries:
                self._receive(*deliveries).result()
