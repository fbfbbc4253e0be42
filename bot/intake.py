"""The intake: a document that is handed in becomes a plan, or amends the plan that the same source has made before."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.parts import Parts
from services.coordinator.decide import decide
from services.coordinator.decision import Decision
from services.coordinator.intake import Origin, RulesFor, by_hand, plan_from
from services.coordinator.new_version import NewVersion, new_version
from services.domain.messages import Message, Order, ResumePlan, RetryPhase, StartPlan
from services.domain.phase import IssueRef
from services.domain.plan import Plan, PlanState
from services.domain.progress import PlanStatus, plan_status
from services.domain.transitions import PhaseState
from services.domain.world import World
from services.planning.draft import PlanDraft
from services.planning.scope import DonePhases, Scope, without
from services.ports import Delivery, PlanText


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A document that is handed in, and what is to become of it.

    `source` identifies it within the project: a path, an issue, an upload. `project` None: the process's own. `again`: a
    new plan even if the source has made one. `start`: publish and carry out at once.
    `issue`: the document is this issue, which becomes the parent. `by` hands it in; empty for the machine itself.
    `policy` says where `rules_for` comes from, as `Plan.policy` does.
    """

    draft: PlanDraft
    source: str
    project: str | None = None
    rules_for: RulesFor = by_hand
    again: bool = False
    start: bool = True
    scope: Scope = field(default_factory=Scope)
    issue: IssueRef | None = None
    by: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a document. `resumed`: an unfinished plan of the same source goes on; `finished`: it was done already;
    `changes`: how the document differed from the plan, which has been amended."""

    plan: Plan
    resumed: bool = False
    finished: bool = False
    changes: NewVersion | None = None


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
        with self._submitting:
            known = self.known(wanted)
            if known is None:
                draft = wanted.scope.taken_on(wanted.draft, wanted.source)
                return self._begin(*self._made(wanted, draft), wanted)
            return self._go_on(known, self._compared(known, wanted), wanted)

    def known(self, wanted: Submission) -> Plan | None:
        """The plan that the same source has made; None if there is none, it was retracted, or a new one is wanted."""
        if wanted.again:
            return None
        known = self._parts.store.lookups.plan_of(self._project(wanted), wanted.source)
        return None if known is None or known.retracted_at is not None else known

    def changes(self, wanted: Submission) -> NewVersion | None:
        """What submitting this would change about the plan that the same source has made; None if there is none."""
        known = self.known(wanted)
        return self._compared(known, wanted) if known else None

    def foreseen(self, known: Plan, changes: NewVersion) -> Decision:
        """What these changes would make of the plan. Nothing is written."""
        return decide(known, changes.order(known, "foreseen"), World(), self._parts.clock.now())

    def satisfied(self, wanted: Submission) -> frozenset[str]:
        """Keys of the draft's phases for which nobody would have to wait: done in the plan, or in the document."""
        known, done = self.known(wanted), {one.key for one in wanted.draft.phases if wanted.scope.counts_as_done(one)}
        if known is None:
            return frozenset(done)
        found = self._compared(known, wanted)
        completed = {phase.key for phase in found.completed} | {phase.key for phase in known if phase.is_satisfied}
        there = {key for key, key_in_plan in found.keys.items() if key_in_plan in completed}
        return frozenset(there | done & found.joining)

    def finished(self, wanted: Submission) -> frozenset[str] | None:
        """Keys of the draft's phases that are done in the plan that the same source has made; None if there is none."""
        known = self.known(wanted)
        return self._compared(known, wanted).finished(known) if known else None

    def project_for(self, source: str) -> str:
        """Where a plan goes that names no project: this process's, or one of the local tracker, named after its folder."""
        folder = Path(source).parent.name
        return self._repo or f"{self._parts.tracker.owner}/{_slug(folder or 'plans')}"

    def _project(self, wanted: Submission) -> str:
        return wanted.project or self.project_for(wanted.source)

    def _made(self, wanted: Submission, draft: PlanDraft) -> tuple[Plan, PlanText]:
        origin = Origin(
            self._project(wanted),
            wanted.source,
            self._parts.clock.now(),
            tracked=self._tracked,
            by=wanted.by,
            policy=wanted.policy,
        )
        plan, text = plan_from(draft, wanted.rules_for, origin, id=new_id(), done=wanted.scope.done)
        return replace(plan, issue=wanted.issue), text

    def _compared(self, known: Plan, wanted: Submission) -> NewVersion:
        """What the document changes about the plan. A phase that is there stays, even where those done are left out."""
        text = self._parts.store.lookups.text(known.id)
        found = new_version(known, text, *self._made(wanted, wanted.draft))
        done = {one.key for one in wanted.draft.phases if one.done and one.key in found.joining}
        if not done or wanted.scope.done is not DonePhases.LEFT_OUT:
            return found
        return new_version(known, text, *self._made(wanted, without(wanted.draft, done, wanted.source)))

    def _begin(self, plan: Plan, text: PlanText, wanted: Submission) -> Accepted:
        self._open_tracker(plan)
        start = StartPlan(plan=plan.id, cause=f"start/{plan.id}", by=wanted.by, selected=wanted.scope.selected)
        orders = [self._delivery(start)] if wanted.start else []
        self._parts.loop.receive(*orders, plans=[(plan, text)]).result()
        return Accepted(self._parts.store.lookups.plan(plan.id) or plan)

    def _go_on(self, plan: Plan, found: NewVersion, wanted: Submission) -> Accepted:
        """The plan is amended if its document has changed; failed phases are tried again; what is done stays done."""
        finished = not found and plan_status(plan) is PlanStatus.COMPLETED
        orders: list[Message] = (
            [replace(found.order(plan, f"{_mark(plan)}/amend"), by=wanted.by)] if found or found.is_remarked else []
        )
        if not finished:
            self._open_tracker(plan)
        if wanted.start and not finished:
            pending = self._parts.store.lookups.pending(plan.id)
            seen = self._parts.remote().catch_up(plan, pending) if plan.issue else []
            going_on = _orders_to_go_on(plan, found, wanted.scope.selected)
            orders = [*seen, *orders, *(replace(one, by=wanted.by) for one in going_on)]
        if orders:
            self._parts.loop.receive(*map(self._delivery, orders)).result()
        plan = self._parts.store.lookups.plan(plan.id) or plan
        return Accepted(plan, resumed=not finished, finished=finished, changes=found if found else None)

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


def _orders_to_go_on(plan: Plan, found: NewVersion, wanted: frozenset[str] | None) -> Sequence[Order]:
    """`wanted` are keys of the document."""
    mark = _mark(plan)
    selected = found.known_as(wanted)
    kept = set(found.keys.values()) - {phase.key for phase in found.completed}
    orders: list[Order] = []
    if plan.state in (PlanState.PAUSED, PlanState.CANCELLED):
        orders.append(ResumePlan(plan=plan.id, cause=f"{mark}/resume"))
    orders.append(StartPlan(plan=plan.id, cause=f"{mark}/start", selected=selected))
    failed = [one for one in plan if one.state is PhaseState.FAILED and one.key in kept]
    chosen = [one for one in failed if selected is None or one.key in selected]
    return orders + [RetryPhase(plan=plan.id, phase=one.key, cause=f"{mark}/{one.key}") for one in chosen]
