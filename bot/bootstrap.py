"""Bootstrap: puts one process of phasebot together. Reads top to bottom; nothing runs before `start`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import structlog

from bot.answers import Answers
from bot.breakers import Breakers
from bot.callbacks import Callbacks
from bot.carrier import Carrier
from bot.clock import SystemClock
from bot.crew import RemoteCrew
from bot.desk import Desk
from bot.elsewhere import Elsewhere, Waits, agent_executor, remote_executors
from bot.executors.held import Key
from bot.executors.local import LocalExecutor, Premises
from bot.executors.manual import ManualExecutor
from bot.executors.matching import Crew
from bot.executors.registry import Executors
from bot.executors.secrets import given_secrets
from bot.gate import Gate
from bot.holder import holder_of_this_process
from bot.hooks import Hooks
from bot.intake import Intake
from bot.jobs import JobPremises, Jobs
from bot.log import log_tool_failure
from bot.once import Once
from bot.origins import ProjectOrigins
from bot.parts import Parts
from bot.policies import Policies
from bot.recovery import recover
from bot.retirement import retire_refs
from bot.roles import ALL, Role
from bot.settings import Settings
from bot.store import Store
from bot.store.pruning import Retention
from bot.tools import registry_with_plugins
from bot.tracker import LocalTracker, RemoteTracker, Tracker
from bot.workers.clockwork import Clockwork
from bot.workers.coordination import CoordinationLoop, Receipt
from bot.workers.deferred import settled
from bot.workers.resolver import Resolver
from bot.workspaces.choosing import workspaces_of
from bot.workspaces.origins import Access, Origin
from services.coordinator.phase_coordinator import PhaseCoordinator, Round
from services.domain.messages import Message, Report
from services.domain.plan import HANDED_IN, Plan
from services.domain.rules import LOCAL, MANUAL
from services.domain.world import Limits
from services.execution.batch import Progress
from services.execution.redaction import Redactor
from services.execution.tool import Tool
from services.execution.tool_runner import ToolRunner
from services.ports import Assignment, Delivery
from services.publishing.labels import LabelNames

if TYPE_CHECKING:
    from bot.github.identity import Identity
    from bot.remote import Remote
    from bot.workers.reconciler import Reconciler

log = structlog.get_logger()

PRUNE_EVERY = 3600
"""Seconds between two looks for what has been dealt with long ago."""

Listener = Callable[[Sequence[Plan]], None]
"""Told, from another thread, of the plans that a commit changed; of none where it changed a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a command decides for its process. `repo` and `identity` lead to GitHub; without them issues stay here.
    `labels` None: the policy of each repository names them.

    `queue`: phases are handed to workers over Redis, where the settings name one. `clones`: phases work in clones of their
    projects' repositories, where those are known, and only else in `workspace`. `roles` is what this process does.
    """

    repo: str | None = None
    identity: Identity | None = None
    workspace: Path = field(default_factory=Path.cwd)
    limits: Limits = field(default_factory=Limits)
    workers: int = 1
    crew: Crew = field(default_factory=Crew)
    issues: bool = True
    queue: bool = False
    clones: bool = False
    roles: frozenset[Role] = ALL
    labels: LabelNames | None = None


class Phasebot:
    """One process: a store, a tracker, executors, and the threads between them. Use it as a context.

    Documents are handed in to `intake`; what may be asked is in `answers`; `hooks` knows how webhooks are signed.
    """

    def __init__(self, settings: Settings, options: Options | None = None, *, tools: Sequence[Tool] = ()) -> None:
        self.settings = settings
        self.options = options or Options()
        self.clock = SystemClock()
        self.registry = registry_with_plugins(os.environ, settings.tool_choices())
        for tool in tools:
            self.registry.register(tool)
        self.redactor = self._redactor()
        self.runner = ToolRunner(self.registry, self.clock, log_tool_failure, redactor=self.redactor)
        self.origins = ProjectOrigins(
            settings,
            self.options.identity,
            is_shared=self.options.repo is not None and self.options.identity is not None,
        )
        origin = self._origin if self.options.clones else None
        self.workspaces = workspaces_of(settings, self.options.workspace, self.redactor, origin)
        self.local = self._local_executor()
        self.parts = parts = self._parts()
        self.store, self.tracker, self.executors = parts.store, parts.tracker, parts.executors
        self.loop, self.remote = parts.loop, parts.remote
        waits = Waits(timedelta(seconds=settings.run_poll), timedelta(seconds=settings.queued_too_long))
        self.elsewhere = Elsewhere(self.store.lookups, self.executors, self.clock, waits=waits, tell=self._report)
        self.callbacks = Callbacks(parts, self.elsewhere, settings)
        self.carrier = Carrier(parts, performs=Role.OUTBOX in self.options.roles)
        self.answers = Answers(parts, self.carrier.is_idle)
        self.jobs = self._jobs()
        self.policies = self._policies()
        self.intake = Intake(parts, repo=self.options.repo, tracked=self.options.issues)
        self.hooks = Hooks(settings, self.tracker if self.options.issues else None)
        self.resolver = Resolver(self.store.open_work, self.carrier.resolve, self.loop.resolved, self.clock)
        self.clockwork = Clockwork(
            [
                (10, self.beat),
                (5, self.loop.look),
                (5, self.breakers.look),
                (15, self.carrier.take_over),
                (2, self.carrier.stop_unwanted),
                (2, self.jobs.look),
                (0.5, self.store.checkpoint),
            ]
        )
        if Role.CLOCK in self.options.roles:
            self.clockwork.every(PRUNE_EVERY, self.prune)
            self.clockwork.every(15, self.jobs.look_for_lost)
            self.clockwork.every(max(1, round(settings.run_poll / 4)), self.elsewhere.look)
        if self.options.roles != ALL:
            self.clockwork.every(1, self._look_after_others)
        self._announcements = self.store.announcements(self._look_after_others)
        self.crew.join(self.clockwork, self.loop, self.receive, log_dir=settings.log_dir, lent=self._lent)
        self._reconciler = Once(lambda: _reconciler(self))
        self._listeners: list[Listener] = []
        self.progress: Callable[[Key, Progress], None] = lambda _key, _progress: None
        self._has_begun = False

    # ------------------------------------------------------------ putting it together

    def _redactor(self) -> Redactor:
        identity = self.options.identity
        ours = (*self.settings.secrets(), *given_secrets(os.environ).values())
        return Redactor([*ours, *(identity.secrets() if identity else ())])

    def _local_executor(self) -> LocalExecutor:
        settings, options = self.settings, self.options
        premises = Premises(
            workspaces=self.workspaces,
            log_dir=settings.log_dir,
            workers=options.workers,
            lease=timedelta(seconds=settings.lease),
            redactor=self.redactor,
            crew=options.crew,
            secrets=given_secrets(os.environ),
            progress=self._batch_went_on,
        )
        return LocalExecutor(self.runner, self._report, self.clock, premises)

    def _jobs(self) -> Jobs:
        premises = JobPremises(
            lend=self.workspaces.lend,
            log_dir=self.settings.log_dir,
            holder=self.parts.holder,
            redactor=self.redactor,
            crew=self.options.crew,
            changed=lambda: self._tell(()),
        )
        return Jobs(self.runner, self.store.jobs, self.clock, premises)

    def _origin(self, assignment: Assignment) -> Origin | None:
        return self.origins.of(assignment.project)

    def _lent(self, project: str, access: Access) -> tuple[str, str] | None:
        return self.origins.lent(project, access) if self.options.clones else None

    def _ticket(self, assignment: Assignment) -> str:
        return self.callbacks.ticket(assignment.plan, assignment.phase.key, assignment.fence)

    def _batch_went_on(self, key: Key, told: Progress) -> None:
        self.progress(key, told)

    def _parts(self) -> Parts:
        settings, options, clock = self.settings, self.options, self.clock
        store = Store(settings.database, clock=clock)
        patience = timedelta(seconds=settings.queued_too_long)
        elsewhere = remote_executors(
            lambda: self.remote().actions, store.lookups, clock, self._ticket, patience=patience
        )
        agents = agent_executor(lambda: self.remote().agents, store, clock)
        self.crew = RemoteCrew(settings if options.queue else None, store.lookups, clock)
        executors = Executors([self.local, ManualExecutor()], [*elsewhere, agents, *self.crew.executors])
        tracker = _tracker(settings, options)
        self.breakers = Breakers(
            store.lookups, clock, executors.names - {MANUAL}, pause=timedelta(seconds=settings.breaker_pause)
        )
        gate = Gate(
            holder=holder_of_this_process(),
            limits=replace(options.limits, executors={LOCAL: options.workers, **options.limits.executors}),
            lease=timedelta(seconds=settings.lease),
            executors=executors,
            breakers=self.breakers,
            elsewhere=frozenset() if Role.JOBS in options.roles or self.crew.executors else frozenset({LOCAL}),
        )
        coordinator = PhaseCoordinator(store.open_work, clock, gate.world, _log_poison)
        return Parts(
            clock=clock,
            gate=gate,
            store=store,
            executors=executors,
            tracker=tracker,
            loop=CoordinationLoop(coordinator, clock, self._after_round),
            remote=Once(self._remote),
        )

    def _remote(self) -> Remote:
        from bot.remote import Known, Remote  # the GitHub client is not even imported where there are no issues

        lookups = self.store.lookups
        known = Known(
            by_issue=lookups.by_issue,
            said=lookups.said,
            why=self.answers.why,
            newest=lookups.newest,
            under_way=lookups.under_way,
            projects=lookups.watched,
            pending=lookups.pending,
            by_branch=lookups.merging,
            known_as=lookups.known_as,
            tell=self.loop.tell,
            heard=lambda cause: lookups.has_heard([cause]),
            documents=Desk(self.intake, self.policies),
            labels=self._labels_of,
            ledger=self.store.ledger,
            runs=self.elsewhere,
            moments=self.store.cursors,
        )
        return Remote(self.tracker, self.settings, self.options.labels, known)

    def _policies(self) -> Policies:
        """On a tracker of this machine all commands are its operator's own."""
        return Policies(
            kept=self.store.policies,
            files=lambda: self.remote() if self.options.issues else None,
            clock=self.clock,
            tools=self.registry.inputs,
            executors=lambda: self.executors.names,
            allowed=lambda project: not self.tracker.is_shared or self.settings.allows_commands_of(project),
        )

    def _labels_of(self, plan: Plan) -> LabelNames:
        """As the policy has them that the plan was made under, else the one that counts now."""
        is_frozen = plan.policy not in ("", HANDED_IN)
        policy = self.policies.at(plan.project, plan.policy) if is_frozen else self.policies.ruling(plan.project).policy
        return LabelNames(policy.labels.parent, policy.labels.child)

    # ------------------------------------------------------------ life

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, hold: bool = False) -> None:
        """Recover what a dead predecessor left, then run. `hold`: start no phase before `go`, because its plan may change."""
        if hold:
            self.parts.gate.hold()
        self.beat()
        self._has_begun = True
        self.local.reap_orphans()
        self.crew.watch()
        self.breakers.look()
        recover(self.parts)
        self.loop.start()
        self.carrier.start()
        if Role.INBOX in self.options.roles:
            self.resolver.start()
        self.clockwork.start()
        if self.options.roles != ALL:
            self._announcements.start()

    def reconcile(self) -> None:
        """From the start on, look regularly at what changed on the tracker: for a process that stays. Call it before."""
        if Role.CLOCK in self.options.roles:
            self.clockwork.at_once_and_every(self.settings.reconcile_every, self._tick)

    def _look_after_others(self) -> None:
        """What other processes have stored, and left to this one."""
        self.loop.look()
        self.carrier.take_over()
        if Role.INBOX in self.options.roles:
            self.resolver.wake()

    def _tick(self) -> None:
        """Where there is nothing to look at, what speaks to the tracker is not even loaded."""
        if self.store.lookups.watched():
            self._reconciler().tick()

    def go(self) -> None:
        """Start phases from now on."""
        self.parts.gate.release()
        self.loop.look()

    def drain(self, timeout: float | None = None) -> bool:
        """Start nothing new and let finish what runs. True if all of it ended within `timeout` seconds."""
        self.parts.gate.drain()
        return self.local.drain(timeout) and self.jobs.drain(timeout)

    def kill(self) -> None:
        """End what runs, now; it counts as lost and is run again next time."""
        self.parts.gate.drain()
        self.local.kill()

    def stop(self) -> None:
        """End all threads in the order in which they feed one another. What is not done stays in the store."""
        self.parts.gate.drain()
        self.clockwork.stop()
        self._announcements.stop()
        self.resolver.stop()
        self.jobs.close()
        self.local.close()
        self.carrier.stop()
        self.loop.stop()
        self.crew.close()
        self.tracker.close()
        if self._has_begun:
            self.store.release(self.parts.holder)
        self.store.close()

    def beat(self) -> None:
        """A sign of life: what this process has claimed stays claimed."""
        self.store.beat(self.parts.holder)

    def prune(self) -> None:
        """Make room in the store, as far as the settings allow."""
        days, audit = self.settings.keep_days, self.settings.keep_audit_days
        pruned = self.store.prune(
            Retention(timedelta(days=days) if days else None, timedelta(days=audit) if audit else None)
        )
        if days:
            self.jobs.prune(timedelta(days=days))
            origins = self.origins if self.options.clones else None
            retire_refs(self.workspaces, self.store.lookups, origins, self.clock.now() - timedelta(days=days))
        if pruned:
            log.info("store_pruned", rows=pruned)

    def watch(self, listener: Listener) -> Callable[[], None]:
        """Be told of changed plans after each commit; call what is returned to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # ------------------------------------------------------------ what comes in

    def receive(self, *deliveries: Delivery) -> Future[list[Receipt]]:
        """Store deliveries. Done when they are durable, and applied where that could be done at once."""
        receipts = self.loop.receive(*deliveries)
        if unclear := sum(delivery.messages is None for delivery in deliveries):
            receipts.add_done_callback(lambda _: self.resolver.wake(unclear))
        return receipts

    def order(self, message: Message) -> Receipt:
        """Give an order and wait until it is applied; `refused` says in words why it did not fit."""
        receipt = self.receive(Delivery.of(message, "order", self.clock.now())).result()[0]
        return settled(receipt, message, self.store.lookups, self.loop.look) if receipt.is_deferred else receipt

    def _report(self, report: Report) -> None:
        self.loop.tell(report)

    def _after_round(self, done: Round) -> None:
        self.carrier.carry_out(done)
        if done.touched:
            self._tell(done.touched)

    def _tell(self, touched: Sequence[Plan]) -> None:
        for listener in tuple(self._listeners):
            listener(touched)


def _reconciler(bot: Phasebot) -> Reconciler:
    from bot.workers.reconciler import Reconciler

    return Reconciler(
        bot.store,
        bot.remote,
        bot.receive,
        clock=bot.clock,
        hook_url=lambda: bot.hooks.url,
        is_ending=bot.parts.gate.is_draining,
    )


def _tracker(settings: Settings, options: Options) -> Tracker:
    if options.repo is not None and options.identity is not None:
        return RemoteTracker(settings.github_api_url, options.identity)
    return LocalTracker(settings.home)


def _log_poison(delivery: str, error: Exception) -> None:
    log.error("delivery_not_applied", delivery=delivery, exc_info=error)
