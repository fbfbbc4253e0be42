"""The carrier: hands each effect to whoever carries it out, an executor or the project's outbox worker."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog

from bot.holder import is_dead
from bot.parts import Parts
from bot.workers.outbox import OutboxWorker
from services.coordinator.phase_coordinator import Round
from services.domain.attempts import Attempt, AttemptState
from services.domain.effects import (
    CreateIssue,
    DispatchAttempt,
    Effect,
    React,
    RefreshChild,
    RefreshParent,
    RestoreComment,
    ReviseParent,
    SayOnCommit,
    SayOnIssue,
    StopAttempt,
)
from services.domain.errors import NotFound, RemoteUnavailable, TransientError
from services.domain.messages import Message
from services.domain.plan import Plan
from services.domain.rules import MANUAL
from services.execution.assigning import assignment_of
from services.ports import Assignment, Delivery, PlanText, Sending, Sent

log = structlog.get_logger()

TAKE = 500
"""How many sendings are taken over at once from those who hold them no more."""


_REMOTELY = "#remote"
"""Marks the worker that begins and ends attempts elsewhere, so that they do not wait for a row of issues to be written."""


class Carrier:
    """Everything a round wants done goes through here. `carry_out` returns at once."""

    def __init__(self, parts: Parts, *, performs: bool = True) -> None:
        """`performs` False: what is not about this machine is for other processes."""
        self._parts = parts
        self._performs = performs
        self._workers: dict[str, OutboxWorker] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Take over what a dead process has left undone."""
        self.take_over()

    def stop(self) -> None:
        with self._lock:
            workers = list(self._workers.values())
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.stop()

    def carry_out(self, done: Round) -> None:
        plans = {plan.id: plan for plan in done.touched}
        others = [one.id for one in done.sendings if not self._performs and not self._is_local(one.effect)]
        if others:
            self._parts.store.give_away(self._parts.holder, others)
        for sending in done.sendings:
            if self._performs or self._is_local(sending.effect):
                self._hand_over(sending, plans.get(sending.effect.plan))

    def _is_local(self, effect: Effect) -> bool:
        if not isinstance(effect, DispatchAttempt | StopAttempt):
            return False
        return self._parts.executors.remote(effect.executor) is None

    def take_over(self) -> None:
        """Claim what nobody holds any more."""
        if not self._performs:
            return
        with self._parts.store.open_work() as work:
            claimed = work.outbox.claim(self._parts.holder, TAKE)
        for sending in claimed:
            self._hand_over(sending, None)

    def is_idle(self, project: str) -> bool:
        """Nothing of this project waits to be carried out."""
        with self._lock:
            workers = [self._workers.get(project), self._workers.get(f"{project}{_REMOTELY}")]
        return all(worker is None or worker.is_idle() for worker in workers)

    def resolve(self, delivery: Delivery) -> Sequence[Message]:
        """What a webhook means."""
        return self._parts.remote().resolve(delivery)

    # ------------------------------------------------------------ executors

    def _hand_over(self, sending: Sending, plan: Plan | None) -> None:
        match sending.effect:
            case DispatchAttempt() | StopAttempt() if self._parts.executors.remote(sending.effect.executor):
                self._worker(f"{sending.project}{_REMOTELY}").put(sending)
            case DispatchAttempt():
                self._dispatch(sending, sending.effect, plan)
            case StopAttempt():
                self._stop(sending, sending.effect, plan)
            case _:
                self._worker(sending.project).put(sending)

    def _dispatch(self, sending: Sending, effect: DispatchAttempt, plan: Plan | None) -> None:
        """Only what is still wanted, and only what this process has claimed: another's attempt is lost by its lease."""
        plan = plan or self._parts.store.lookups.plan(effect.plan)
        phase = plan.phases.get(effect.phase) if plan else None
        attempt = phase.attempt if phase else None
        if plan and phase and attempt and self._is_wanted(attempt, effect):
            self._begin(assignment_of(plan, phase, effect.fence), effect)
        self._parts.loop.sent(Sent(id=sending.id))

    def _stop(self, sending: Sending, effect: StopAttempt, plan: Plan | None) -> None:
        """What another process carries out is ended there: it looks itself for what is to be stopped."""
        plan = plan or self._parts.store.lookups.plan(effect.plan)
        phase = plan and (plan.phases.get(effect.phase) or plan.removed.get(effect.phase))
        attempt = phase.attempt if phase else None
        is_anothers = attempt is not None and attempt.fence == effect.fence and attempt.holder != self._parts.holder
        if not is_anothers or attempt is None or is_dead(attempt.holder) or effect.executor == MANUAL:
            self._parts.executors.named(effect.executor).stop(effect.plan, effect.phase, effect.fence)
        self._parts.loop.sent(Sent(id=sending.id))

    def stop_unwanted(self) -> None:
        """End what this process carries out although another one was told that it is not wanted any more."""
        for live in self._parts.store.lookups.live_attempts():
            if live.attempt.holder == self._parts.holder and live.attempt.state is AttemptState.STOPPING:
                executor = live.attempt.executor
                if self._parts.executors.remote(executor) is None:
                    self._parts.executors.named(executor).stop(live.plan, live.phase, live.attempt.fence)

    def _is_wanted(self, attempt: Attempt, effect: DispatchAttempt) -> bool:
        is_mine = attempt.holder == self._parts.holder
        return is_mine and attempt.fence == effect.fence and attempt.state.is_in_flight

    def _begin(self, assignment: Assignment, effect: DispatchAttempt) -> None:
        try:
            self._parts.executors.named(effect.executor).dispatch(assignment)
        except TransientError as error:  # its lease runs out, and it is claimed anew
            log.warning("attempt_not_dispatched", plan=assignment.plan, phase=effect.phase, error=str(error))

    def _remotely(self, sending: Sending, effect: DispatchAttempt | StopAttempt) -> Sequence[Message]:
        """An attempt that runs elsewhere, begun or ended. Only what is still wanted is begun, whoever has claimed it."""
        executor = self._parts.executors.remote(effect.executor)
        plan = self._parts.store.lookups.plan(effect.plan)
        phase = plan and (plan.phases.get(effect.phase) or plan.removed.get(effect.phase))
        attempt = phase.attempt if phase else None
        if not executor or not plan or not phase or not attempt or attempt.fence != effect.fence:
            return ()
        assignment = assignment_of(plan, phase, effect.fence)
        if isinstance(effect, StopAttempt):
            return executor.end(assignment) if attempt.state.is_live else ()
        return executor.begin(assignment, uncertain=sending.tries > 1) if attempt.state.is_in_flight else ()

    # ------------------------------------------------------------ issues

    def _worker(self, project: str) -> OutboxWorker:
        with self._lock:
            if project not in self._workers:
                loop = self._parts.loop
                worker = OutboxWorker(project, self._perform, loop.sent_now, self._parts.clock, delayed=loop.sent)
                worker.start()
                self._workers[project] = worker
            return self._workers[project]

    def _perform(self, sending: Sending) -> Sequence[Message]:
        effect = sending.effect
        if isinstance(effect, DispatchAttempt | StopAttempt):
            return self._remotely(sending, effect)
        if isinstance(effect, SayOnIssue | SayOnCommit | React | RestoreComment):
            self._parts.remote().speak(effect, sending)
            return ()
        plan = self._parts.store.lookups.plan(effect.plan)
        if plan is None:
            raise NotFound(f"there is no plan {effect.plan}")
        shows_text = isinstance(effect, CreateIssue | RefreshChild | RefreshParent | ReviseParent)
        text = self._parts.store.lookups.text(plan.id) if shows_text else PlanText("", {})
        try:
            return self._parts.remote().perform(sending, plan, text)
        except RemoteUnavailable:
            self._parts.tracker.open()  # the process that served the local tracker may have ended: serve it ourselves
            raise
