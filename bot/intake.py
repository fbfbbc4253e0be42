"""The intake: a document that is handed in becomes a plan, or amends the plan that the same source has made before."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from bot.parts import Parts
from services.coordinator.new_version import NewVersion, new_version
from services.domain.messages import Message, ResumePlan, RetryPhase, StartPlan
from services.domain.plan import Plan, PlanState
from services.domain.progress import PlanStatus, plan_status
from services.domain.transitions import PhaseState
from services.planning.diff import Diff
from services.ports import Delivery, PlanText


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a document. `resumed`: an unfinished plan of the same source goes on; `finished`: it was done already;
    `changes`: what the document said differently from the plan, which has been amended."""

    plan: Plan
    resumed: bool = False
    finished: bool = False
    changes: Diff | None = None


class Intake:
    """One for a process: the same document, handed in twice at one moment, is one plan."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._submitting = threading.Lock()

    def submit(
        self, plan: Plan, text: PlanText, *, again: bool, start: bool, selected: frozenset[str] | None
    ) -> Submission:
        """`plan` as it was made from the document. Durable when it returns."""
        with self._submitting:
            known = None if again else self._parts.store.lookups.plan_of(plan.project, plan.source)
            if known is None:
                return self._begin(plan, text, start=start, selected=selected)
            found = self.compared(known, plan, text)
            return self._go_on(known, found, start=start, selected=selected)

    def compared(self, known: Plan, plan: Plan, text: PlanText) -> NewVersion:
        """What the document, of which `plan` was made, changes about the plan that is known."""
        return new_version(known, self._parts.store.lookups.text(known.id), plan, text)

    def _begin(self, plan: Plan, text: PlanText, *, start: bool, selected: frozenset[str] | None) -> Submission:
        self._open_tracker(plan)
        orders = [self._delivery(StartPlan(plan=plan.id, cause=f"start/{plan.id}", selected=selected))] if start else []
        self._parts.loop.receive(*orders, plans=[(plan, text)]).result()
        return Submission(self._parts.store.lookups.plan(plan.id) or plan)

    def _go_on(self, plan: Plan, found: NewVersion, *, start: bool, selected: frozenset[str] | None) -> Submission:
        """The plan is amended if its document has changed; failed phases are tried again; what is done stays done."""
        if not found and plan_status(plan) is PlanStatus.COMPLETED:
            return Submission(plan, finished=True)
        self._open_tracker(plan)
        orders: list[Message] = [found.order(plan, f"{_mark(plan)}/amend")] if found else []
        if start:
            pending = self._parts.store.lookups.pending(plan.id)
            seen = self._parts.remote().catch_up(plan, pending) if plan.issue else []
            chosen = None if selected is None else frozenset(found.keys[key] for key in selected)
            orders = [*seen, *orders, *_orders_to_go_on(plan, set(found.keys.values()), chosen)]
        if orders:
            self._parts.loop.receive(*map(self._delivery, orders)).result()
        return Submission(
            self._parts.store.lookups.plan(plan.id) or plan, resumed=True, changes=found.diff if found.diff else None
        )

    def _open_tracker(self, plan: Plan) -> None:
        if plan.tracked:
            self._parts.tracker.open()
            self._parts.tracker.prepare(plan.project)

    def _delivery(self, message: Message) -> Delivery:
        return Delivery.of(message, "order", self._parts.clock.now())


def new_id() -> str:
    """Short, unique, and speakable: no vowels, so that it never spells a word."""
    return "".join(secrets.choice("0123456789bcdfghjklmnpqrstvwxyz") for _ in range(10))


def _mark(plan: Plan) -> str:
    return f"{plan.id}/{plan.version}/again"


def _orders_to_go_on(plan: Plan, kept: set[str], selected: frozenset[str] | None) -> Sequence[Message]:
    mark = _mark(plan)
    orders: list[Message] = []
    if plan.state in (PlanState.PAUSED, PlanState.CANCELLED):
        orders.append(ResumePlan(plan=plan.id, cause=f"{mark}/resume"))
    orders.append(StartPlan(plan=plan.id, cause=f"{mark}/start", selected=selected))
    failed = [one for one in plan if one.state is PhaseState.FAILED and one.key in kept]
    chosen = [one for one in failed if selected is None or one.key in selected]
    return orders + [RetryPhase(plan=plan.id, phase=one.key, cause=f"{mark}/{one.key}") for one in chosen]
