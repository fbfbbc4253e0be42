"""The intake: a document that is handed in becomes a plan, or amends the plan that the same source has made before."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.parts import Parts
from services.coordinator.intake import Origin, RulesFor, by_hand, plan_from
from services.coordinator.new_version import NewVersion, new_version
from services.domain.messages import Message, ResumePlan, RetryPhase, StartPlan
from services.domain.plan import Plan, PlanState
from services.domain.progress import PlanStatus, plan_status
from services.domain.transitions import PhaseState
from services.planning.diff import Diff
from services.planning.draft import PlanDraft
from services.ports import Delivery, PlanText


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A document that is handed in, and what is to become of it.

    `source` identifies it within the project: a path, an issue, an upload. `project` None: the process's own. `again`: a
    new plan even if the source has made one. `start`: publish and carry out at once. `selected`: only these phases.
    """

    draft: PlanDraft
    source: str
    project: str | None = None
    rules_for: RulesFor = by_hand
    again: bool = False
    start: bool = True
    selected: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a document. `resumed`: an unfinished plan of the same source goes on; `finished`: it was done already;
    `changes`: what the document said differently from the plan, which has been amended."""

    plan: Plan
    resumed: bool = False
    finished: bool = False
    changes: Diff | None = None


class Intake:
    """One for a process: the same document, handed in twice at one moment, is one plan."""

    def __init__(self, parts: Parts, *, repo: str | None, tracked: bool) -> None:
        """`repo` takes plans that name no project; None: repositories of the local tracker do. `tracked`: with issues."""
        self._parts = parts
        self._repo = repo
        self._tracked = tracked
        self._submitting = threading.Lock()

    def submit(self, wanted: Submission) -> Accepted:
        """Make a plan of the draft, or amend the one that the same source has made before and go on with it.

        Durable when it returns. Raises PlanInvalid (nothing is written).
        """
        plan, text = self._made(wanted)
        with self._submitting:
            known = None if wanted.again else self.known(wanted)
            if known is None:
                return self._begin(plan, text, wanted)
            return self._go_on(known, self._compared(known, plan, text), wanted)

    def known(self, wanted: Submission) -> Plan | None:
        """The plan that the same source has made; None if there is none."""
        return self._parts.store.lookups.plan_of(self._project(wanted), wanted.source)

    def changes(self, wanted: Submission) -> NewVersion | None:
        """What submitting this would change about the plan that the same source has made; None if there is none."""
        known = self.known(wanted)
        return self._compared(known, *self._made(wanted)) if known else None

    def finished(self, wanted: Submission) -> frozenset[str] | None:
        """Keys of the draft's phases that are done in the plan that the same source has made; None if there is none."""
        known = self.known(wanted)
        return self._compared(known, *self._made(wanted)).finished(known) if known else None

    def project_for(self, source: str) -> str:
        """Where a plan goes that names no project: this process's, or one of the local tracker, named after its folder."""
        folder = Path(source).parent.name
        return self._repo or f"{self._parts.tracker.owner}/{_slug(folder or 'plans')}"

    def _project(self, wanted: Submission) -> str:
        return wanted.project or self.project_for(wanted.source)

    def _made(self, wanted: Submission) -> tuple[Plan, PlanText]:
        origin = Origin(self._project(wanted), wanted.source, self._parts.clock.now())
        return plan_from(wanted.draft, wanted.rules_for, origin, id=new_id(), tracked=self._tracked)

    def _compared(self, known: Plan, plan: Plan, text: PlanText) -> NewVersion:
        """What the document, of which `plan` was made, changes about the plan that is known."""
        return new_version(known, self._parts.store.lookups.text(known.id), plan, text)

    def _begin(self, plan: Plan, text: PlanText, wanted: Submission) -> Accepted:
        self._open_tracker(plan)
        start = StartPlan(plan=plan.id, cause=f"start/{plan.id}", selected=wanted.selected)
        orders = [self._delivery(start)] if wanted.start else []
        self._parts.loop.receive(*orders, plans=[(plan, text)]).result()
        return Accepted(self._parts.store.lookups.plan(plan.id) or plan)

    def _go_on(self, plan: Plan, found: NewVersion, wanted: Submission) -> Accepted:
        """The plan is amended if its document has changed; failed phases are tried again; what is done stays done."""
        if not found and plan_status(plan) is PlanStatus.COMPLETED:
            return Accepted(plan, finished=True)
        self._open_tracker(plan)
        orders: list[Message] = [found.order(plan, f"{_mark(plan)}/amend")] if found else []
        if wanted.start:
            pending = self._parts.store.lookups.pending(plan.id)
            seen = self._parts.remote().catch_up(plan, pending) if plan.issue else []
            chosen = None if wanted.selected is None else frozenset(found.keys[key] for key in wanted.selected)
            orders = [*seen, *orders, *_orders_to_go_on(plan, set(found.keys.values()), chosen)]
        if orders:
            self._parts.loop.receive(*map(self._delivery, orders)).result()
        return Accepted(
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


def _slug(name: str) -> str:
    return "".join(one if one.isalnum() or one in "-_." else "-" for one in name.lower()).strip("-.") or "plans"


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
