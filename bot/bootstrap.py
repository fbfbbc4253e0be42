"""Bootstrap: puts one process of phasebot together. Reads top to bottom; nothing runs before `start`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import structlog

from bot.carrier import Carrier
from bot.clock import SystemClock
from bot.executors.local import LocalExecutor, Premises
from bot.executors.manual import ManualExecutor
from bot.executors.registry import Executors
from bot.holder import holder_of_this_process, is_dead
from bot.intake import Intake, Submission, new_id
from bot.parts import Parts
from bot.settings import Settings
from bot.store import Store
from bot.tools import builtin_registry
from bot.tracker import HOOK_PATH, Address, LocalTracker, RemoteTracker, Tracker
from bot.workers.clockwork import Clockwork
from bot.workers.coordination import CoordinationLoop, Receipt
from bot.workers.resolver import Resolver
from services.coordinator.intake import Origin, RulesFor, by_hand, plan_from
from services.coordinator.new_version import NewVersion
from services.coordinator.phase_coordinator import PhaseCoordinator, Round
from services.domain.attempts import Outcome
from services.domain.failure import Failure
from services.domain.messages import AttemptFinished, Message, Report
from services.domain.phase import MANUAL, Phase, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.progress import PlanStatus, plan_status
from services.domain.reasons import Reason, why_not_running
from services.domain.world import Limits, World
from services.execution.redaction import Redactor
from services.execution.tool import Tool
from services.execution.tool_runner import ToolRunner
from services.planning.draft import PlanDraft
from services.ports import Delivery, PlanText
from services.publishing.labels import LabelNames

if TYPE_CHECKING:
    from bot.remote import Remote

log = structlog.get_logger()

Listener = Callable[[Sequence[Plan]], None]
"""Told, from another thread, of the plans that a commit changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a command decides for its process. `repo` and `token` lead to GitHub; without them issues stay on this machine."""

    repo: str | None = None
    token: str | None = None
    workspace: Path = field(default_factory=Path.cwd)
    limits: Limits = field(default_factory=Limits)
    workers: int = 1
    issues: bool = True
    labels: LabelNames = field(default_factory=LabelNames)


class Phasebot:
    """One process: a store, a tracker, executors, and the threads between them. Use it as a context."""

    def __init__(self, settings: Settings, options: Options | None = None, *, tools: Sequence[Tool] = ()) -> None:
        self.settings = settings
        self.options = options or Options()
        self.clock = SystemClock()
        self.holder = holder_of_this_process()
        self.store = Store(settings.database, clock=self.clock)
        self.lease = timedelta(seconds=settings.lease)
        self.registry = builtin_registry(os.environ)
        for tool in tools:
            self.registry.register(tool)
        redactor = Redactor([*settings.secrets(), *filter(None, [self.options.token])])
        self.local = LocalExecutor(
            ToolRunner(self.registry, self.clock, _log_failure, redactor=redactor),
            self._report,
            self.clock,
            Premises(
                workspace=self.options.workspace,
                log_dir=settings.home / "attempts",
                workers=self.options.workers,
                lease=self.lease,
                redactor=redactor,
            ),
        )
        self.executors = Executors([self.local, ManualExecutor()])
        self.tracker: Tracker = self._tracker()
        coordinator = PhaseCoordinator(self.store.open_work, self.clock, self._world, _log_poison)
        self.loop = CoordinationLoop(coordinator, self.clock, self._after_round)
        parts = Parts(
            clock=self.clock,
            holder=self.holder,
            store=self.store,
            executors=self.executors,
            tracker=self.tracker,
            loop=self.loop,
            remote=self.remote,
        )
        self.carrier = Carrier(parts)
        self._intake = Intake(parts)
        self.resolver = Resolver(self.store.open_work, self.carrier.resolve, self.loop.look, self.clock)
        self.clockwork = Clockwork(
            [(10, self.beat), (5, self.loop.look), (15, self.carrier.take_over), (2, self.store.checkpoint)]
        )
        self._listeners: list[Listener] = []
        self._is_draining = threading.Event()
        self._is_holding = threading.Event()
        self._has_begun = False
        self._tracker_secrets: tuple[bytes, ...] = ()
        self._making = threading.Lock()
        self._remote: Remote | None = None

    # ------------------------------------------------------------ life

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, hold: bool = False) -> None:
        """Recover what a dead predecessor left, then run. `hold`: start no phase before `go`, because its plan may change."""
        if hold:
            self._is_holding.set()
        self.beat()
        self._has_begun = True
        self._recover()
        self.loop.start()
        self.carrier.start()
        self.resolver.start()
        self.clockwork.start()

    def go(self) -> None:
        """Start phases from now on."""
        self._is_holding.clear()
        self.loop.look()

    def drain(self, timeout: float | None = None) -> bool:
        """Start nothing new and let finish what runs. True if all of it ended within `timeout` seconds."""
        self._is_draining.set()
        return self.local.drain(timeout)

    def kill(self) -> None:
        """End what runs, now; it counts as lost and is run again next time."""
        self._is_draining.set()
        self.local.kill()

    def stop(self) -> None:
        """End all threads in the order in which they feed one another. What is not done stays in the store."""
        self._is_draining.set()
        self.clockwork.stop()
        self.resolver.stop()
        self.local.close()
        self.carrier.stop()
        self.loop.stop()
        self.tracker.close()
        if self._has_begun:
            self.store.release(self.holder)
        self.store.close()

    def beat(self) -> None:
        """A sign of life: what this process has claimed stays claimed."""
        self.store.beat(self.holder)

    def watch(self, listener: Listener) -> Callable[[], None]:
        """Be told of changed plans after each commit; call what is returned to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # ------------------------------------------------------------ what comes in

    def receive(self, *deliveries: Delivery) -> Future[list[Receipt]]:
        """Store deliveries. Done when they are durable, and applied where that could be done at once."""
        receipts = self.loop.receive(*deliveries)
        if any(delivery.messages is None for delivery in deliveries):
            receipts.add_done_callback(lambda _: self.resolver.wake())
        return receipts

    def order(self, message: Message) -> Receipt:
        """Give an order and wait until it is applied; `refused` says in words why it did not fit."""
        return self.receive(Delivery.of(message, "order", self.clock.now())).result()[0]

    def submit(
        self,
        draft: PlanDraft,
        *,
        source: str,
        rules_for: RulesFor = by_hand,
        project: str | None = None,
        again: bool = False,
        start: bool = True,
        selected: frozenset[str] | None = None,
    ) -> Submission:
        """Make a plan of the draft, or amend the one that the same source has made before and go on with it.

        Durable when it returns. Raises PlanInvalid (nothing is written).
        """
        plan, text = self._made(draft, source=source, rules_for=rules_for, project=project)
        return self._intake.submit(plan, text, again=again, start=start, selected=selected)

    def changes(self, draft: PlanDraft, *, source: str, rules_for: RulesFor = by_hand) -> NewVersion | None:
        """What submitting the draft would change about the plan that the same source has made; None if there is none."""
        plan, text = self._made(draft, source=source, rules_for=rules_for)
        known = self.store.lookups.plan_of(plan.project, plan.source)
        return self._intake.compared(known, plan, text) if known else None

    def finished(self, draft: PlanDraft, *, source: str) -> frozenset[str] | None:
        """Keys of the draft's phases that are done in the plan that the same source has made; None if there is none."""
        plan, text = self._made(draft, source=source, rules_for=by_hand)
        known = self.store.lookups.plan_of(plan.project, plan.source)
        return self._intake.compared(known, plan, text).finished(known) if known else None

    def project_for(self, source: str) -> str:
        """The repository of a plan: the one asked for, or one of the local tracker, named after the document's folder."""
        return self.options.repo or f"{self.tracker.owner}/{_slug(Path(source).parent.name or 'plans')}"

    # ------------------------------------------------------------ what there is

    def plan(self, id: str) -> Plan | None:
        return self.store.lookups.plan(id)

    def why(self, plan: Plan, phase: Phase) -> Reason | None:
        """Why a phase is not running; None if it may start, runs, or is decided."""
        world = replace(self._world(), slots=self.store.lookups.slots())
        return why_not_running(plan, phase, world, self.clock.now())

    def issue_url(self, plan: Plan, phase: Phase | None = None) -> str:
        """The page of a phase's issue, or of the parent's; empty while there is none."""
        issue = phase.issue if phase else plan.issue
        if issue is None:
            return ""
        return f"{self.address.web_url}/{plan.project}/issues/{issue.number}"

    @property
    def address(self) -> Address:
        return self.tracker.open()

    def remote(self) -> Remote:
        """What speaks to the tracker, made when first asked for."""
        with self._making:
            if self._remote is None:
                from bot.remote import Remote

                self._remote = Remote(self.tracker, self.settings, self.options.labels, self.store.lookups.by_issue)
            return self._remote

    def dead_letters(self, plan: str) -> list[str]:
        """Effects that could not be carried out, each with its error."""
        return [f"{one.effect}: {one.error}" for one in self.store.lookups.dead_letters(plan)]

    def log_path(self, plan: Plan, phase: Phase) -> Path | None:
        """The output kept of the newest attempt of a phase."""
        failure = phase.attempt.failure if phase.attempt else None
        location = failure.details.get("log") if failure else None
        return Path(str(location)) if location else None

    def settled(self, plan: Plan) -> bool:
        """Nothing can move without a person, and everything that had to be said has been said."""
        return _is_at_rest(plan) and self.carrier.is_idle(plan.project)

    def webhook_secrets(self) -> tuple[bytes, ...]:
        """The secrets a webhook may be signed with, the present one first."""
        given = (self.settings.webhook_secret, self.settings.webhook_secret_old)
        return (*(one.get_secret_value().encode() for one in given if one), *self._tracker_secrets)

    def listen(self, url: str) -> None:
        """From now on webhooks are taken in at `url` (below it, `/webhooks/github`); a local tracker is told to send them."""
        secret = self.tracker.listen(f"{url}{HOOK_PATH}") if self.options.issues else None
        self._tracker_secrets = (secret,) if secret else ()

    # ------------------------------------------------------------ inside

    def _tracker(self) -> Tracker:
        if self.options.repo is not None and self.options.token is not None:
            return RemoteTracker(self.settings.github_api_url, self.options.token)
        return LocalTracker(self.settings.home)

    def _world(self) -> World:
        limits = self.options.limits
        local = {"local": self.options.workers, **limits.executors}
        return World(
            holder=self.holder,
            limits=replace(limits, executors=local),
            executors=self._open_executors(),
            lease=self.lease,
        )

    def _open_executors(self) -> frozenset[str]:
        """Those that take work now."""
        if self._is_holding.is_set():
            return frozenset()
        return frozenset({MANUAL}) if self._is_draining.is_set() else self.executors.names

    def _report(self, report: Report) -> None:
        self.loop.tell(report)

    def _after_round(self, done: Round) -> None:
        self.carrier.carry_out(done)
        if done.touched:
            for listener in tuple(self._listeners):
                listener(done.touched)

    def _made(
        self, draft: PlanDraft, *, source: str, rules_for: RulesFor, project: str | None = None
    ) -> tuple[Plan, PlanText]:
        origin = Origin(project or self.project_for(source), source, self.clock.now())
        return plan_from(draft, rules_for, origin, id=new_id(), tracked=self.options.issues)

    def _recover(self) -> None:
        """What a process of this machine that is dead by now has held is free again, and its attempts are lost."""
        self.local.reap_orphans()
        at = self.clock.now().isoformat()
        for live in self.store.lookups.live_attempts():
            if live.attempt.lease_until is not None and is_dead(live.attempt.holder):
                self.loop.tell(_lost(live.plan, live.phase, live.attempt.fence, at=at))
        for holder in self.store.lookups.holders():
            if is_dead(holder):
                self.store.release(holder)


def _lost(plan: str, phase: str, fence: int, *, at: str) -> AttemptFinished:
    failure = Failure("interrupted", "The process that ran this attempt is gone.", retryable=True, timestamp=at)
    return AttemptFinished.of(plan, phase, fence, Outcome.LOST, failure)


def _is_at_rest(plan: Plan) -> bool:
    """No attempt of ours is under way, nothing may start by itself, and nothing waits for a moment to come."""
    status = plan_status(plan)
    if status in (PlanStatus.PLANNED, PlanStatus.PUBLISHING):
        return status is PlanStatus.PLANNED
    return not any(_may_move(plan, phase) for phase in plan)


def _may_move(plan: Plan, phase: Phase) -> bool:
    attempt = phase.attempt
    if attempt is not None and attempt.lease_until is not None and attempt.state.is_live:
        return True
    selected = plan.selected is None or phase.key in plan.selected
    waits_for_approval = phase.rules.approval and not phase.approved_by
    return phase.status is QueueStatus.READY and plan.state is PlanState.ACTIVE and selected and not waits_for_approval


def _slug(name: str) -> str:
    return "".join(one if one.isalnum() or one in "-_." else "-" for one in name.lower()).strip("-.") or "plans"


def _log_failure(failure: Failure, error: BaseException) -> None:
    level = log.error if failure.type == "tool_crashed" else log.debug
    level("tool_failed", type=failure.type, tool=failure.tool, exc_info=error)


def _log_poison(delivery: str, error: Exception) -> None:
    log.error("delivery_not_applied", delivery=delivery, exc_info=error)
