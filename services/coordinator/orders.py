"""What people and the allocator order. An order that does not fit raises NoTransition and is answered in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from services.coordinator import rerunning
from services.coordinator.advance import may_start
from services.coordinator.decision import Decision
from services.coordinator.retries import retries_left
from services.domain import messages as m
from services.domain.approvers import may_judge, names
from services.domain.attempts import Attempt, AttemptKind, AttemptState, Result
from services.domain.effects import DispatchAttempt
from services.domain.failure import Failure
from services.domain.phase import MANUAL, IssueRef, Phase
from services.domain.plan import Plan, PlanState
from services.domain.transitions import NoTransition, PhaseState, Trigger
from services.domain.world import World
from services.publishing.publish import is_published

VERDICT_WAIT = timedelta(hours=6)
"""How long a check may take where nobody has said so: CI that never says anything is not waited for, for ever."""

# ---------------------------------------------------------------- the plan


def start_plan(plan: Plan, order: m.StartPlan) -> Decision:
    """Begin, or go on with another selection of phases."""
    if plan.state is PlanState.CANCELLED:
        raise NoTransition("a cancelled plan is resumed, not started")
    state = _running_state(plan) if plan.state is PlanState.PLANNED else plan.state
    return Decision(replace(plan, state=state, selected=order.selected))


def pause_plan(plan: Plan) -> Decision:
    if plan.state is not PlanState.ACTIVE:
        raise NoTransition(f"a plan that is {plan.state} cannot be paused")
    return Decision(replace(plan, state=PlanState.PAUSED))


def resume_plan(plan: Plan) -> Decision:
    """After a pause: go on. After a cancellation: what was cancelled is to be done again."""
    if plan.state is PlanState.CANCELLED:
        for phase in plan:
            if phase.state is PhaseState.CANCELLED:
                plan = plan.with_phase(rerunning.reset(phase, Trigger.REOPEN))
    elif plan.state is not PlanState.PAUSED:
        raise NoTransition(f"a plan that is {plan.state} cannot be resumed")
    return Decision(replace(plan, state=_running_state(plan)))


def cancel_plan(plan: Plan, now: datetime) -> Decision:
    if plan.state is PlanState.CANCELLED:
        raise NoTransition("the plan is cancelled already")
    decision = Decision(replace(plan, state=PlanState.CANCELLED))
    for phase in plan:
        if phase.state is not PhaseState.FAILED and phase.allows(Trigger.CANCEL):
            decision = _ended_by_hand(decision, phase, Trigger.CANCEL, now)
    return decision


def retract_plan(plan: Plan, now: datetime) -> Decision:
    """As a cancellation, and for good. A plan that was cancelled, or is done, can be retracted as well."""
    decision = Decision(plan) if plan.state is PlanState.CANCELLED else cancel_plan(plan, now)
    return replace(decision, plan=replace(decision.plan, retracted_at=now))


def set_priority(plan: Plan, order: m.SetPriority) -> Decision:
    if order.phase is None:
        return Decision(replace(plan, priority=order.priority))
    return Decision(plan.with_phase(replace(_phase(plan, order.phase), priority=order.priority)))


def with_issue(plan: Plan, key: str | None, issue: IssueRef) -> Plan:
    """The issue of a phase, or of the plan, is known. The first one stays: a second would be a double."""
    if key is None:
        return plan if plan.issue else replace(plan, issue=issue)
    if gone := plan.removed.get(key):
        return plan if gone.issue else replace(plan, removed={**plan.removed, key: replace(gone, issue=issue)})
    phase = plan.phase(key)
    return plan if phase.issue else plan.with_phase(replace(phase, issue=issue))


def with_links(plan: Plan, key: str) -> Plan:
    if key in plan.removed:
        return plan
    return plan.with_phase(replace(plan.phase(key), linked=True))


def _running_state(plan: Plan) -> PlanState:
    return PlanState.PUBLISHING if plan.tracked and not is_published(plan) else PlanState.ACTIVE


# ---------------------------------------------------------------- a phase


def claim(plan: Plan, order: m.ClaimPhase, world: World, now: datetime) -> Decision:
    """A new attempt begins, if the phase may still start. The allocator has already counted its slot."""
    phase = plan.phase(order.phase)
    if not may_start(plan, phase, world, now):
        raise NoTransition(f"a phase that is {phase.status} cannot be started now")
    attempt = _next_attempt(plan, phase, order, world, now)
    if attempt.kind is AttemptKind.QA:
        phase = replace(phase, attempt=attempt, attempts=attempt.number, not_before=None)
    else:
        phase = phase.on(
            Trigger.START, attempt=attempt, attempts=attempt.number, not_before=None, started_at=now, finished_at=None
        )
    plan = replace(plan.with_phase(phase), fences=attempt.fence)
    dispatch = DispatchAttempt(
        plan=plan.id,
        key=f"dispatch:{plan.id}:{attempt.fence}",
        phase=phase.key,
        fence=attempt.fence,
        executor=attempt.executor,
    )
    return Decision(plan, () if attempt.executor == MANUAL else (dispatch,))


def about_phase(plan: Plan, order: m.PhaseOrder, now: datetime) -> Decision:
    """An order about one phase, by its verb."""
    phase = _phase(plan, order.phase)
    match order:
        case m.RetryPhase() | m.ReopenPhase() if phase.leaving:
            raise NoTransition("this phase is no longer in the document and is not run again")
        case m.RetryPhase():
            return rerunning.run_again(plan, phase, order, now)
        case m.ReopenPhase():  # a tick in the document is no news from here on: it may be our own
            return Decision(
                plan.with_phase(replace(rerunning.reset(phase, Trigger.REOPEN, admitted=True), ticked=True))
            )
        case m.CompletePhase():
            _demand_approver(phase, order)
            return _ended_by_hand(Decision(plan), phase, Trigger.COMPLETE, now)
        case m.SkipPhase():
            _demand_approver(phase, order)
            return _ended_by_hand(Decision(plan), phase, Trigger.SKIP, now)
        case m.CancelPhase():
            return _ended_by_hand(Decision(plan), phase, Trigger.CANCEL, now)
        case m.ApprovePhase():
            return _approved(plan, phase, order, now)
        case m.RejectPhase():
            return _rejected(plan, phase, order, now)


def _phase(plan: Plan, key: str) -> Phase:
    if key in plan.removed:
        raise NoTransition("this phase was removed from the plan")
    return plan.phase(key)


def _next_attempt(plan: Plan, phase: Phase, order: m.ClaimPhase, world: World, now: datetime) -> Attempt:
    executor, rules = phase.next_executor, phase.rules
    by_hand = executor == MANUAL
    timeout = rules.work_timeout if phase.kind is AttemptKind.WORK else rules.check_timeout or VERDICT_WAIT
    return Attempt(
        number=phase.attempts + 1,
        fence=plan.fences + 1,
        executor=executor,
        state=AttemptState.RUNNING if by_hand else AttemptState.CLAIMED,
        claimed_at=now,
        holder=order.holder,
        kind=phase.kind,
        rerun_of=_rerun_of(phase, executor),
        result=_to_judge(phase),
        lease_until=None if by_hand else now + world.lease_of(executor),
        # The executor enforces the timeout itself; we look after it only when it does not.
        deadline=None if by_hand or timeout is None else now + timeout + world.kill_grace,
    )


def _to_judge(phase: Phase) -> Result | None:
    """What the work has brought, for as long as the phase has its verdict as its newest attempt."""
    work = phase.attempt.result if phase.attempt and phase.kind is AttemptKind.QA else None
    return work.to_judge if work else None


def _rerun_of(phase: Phase, executor: str) -> str:
    """The run of which only the failed jobs are to be run again, where the policy wants that and there is such a run."""
    last = phase.attempt
    is_wanted = phase.rules.rerun_failed and last is not None and last.state is AttemptState.FAILED
    return last.ref if is_wanted and last and (last.executor, last.kind) == (executor, phase.kind) else ""


def _ended_by_hand(decision: Decision, phase: Phase, trigger: Trigger, now: datetime) -> Decision:
    """Decided by a person: a running attempt is superseded, and stopped where something really runs."""
    return rerunning.superseded(
        decision, phase.on(trigger, failure=None, not_before=None, finished_at=now), trigger, now
    )


# ---------------------------------------------------------------- gates and verdicts


def _approved(plan: Plan, phase: Phase, order: m.ApprovePhase, now: datetime) -> Decision:
    if phase.state is PhaseState.NEEDS_QA:
        _demand_approver(phase, order)
        return _ended_by_hand(Decision(plan), phase, Trigger.APPROVED, now)
    if _is_to_be_approved(phase):
        _demand_approver(phase, order)
        return Decision(plan.with_phase(replace(phase, approved_by=order.by or "operator")))
    raise NoTransition("nothing about this phase waits for approval")


def _rejected(plan: Plan, phase: Phase, order: m.RejectPhase, now: datetime) -> Decision:
    failure = Failure("rejected", order.why or "Rejected.", timestamp=now.isoformat(), details={"by": order.by})
    if phase.state is PhaseState.NEEDS_QA:
        _demand_approver(phase, order)
        return rerunning.superseded(Decision(plan), _sent_back(phase, failure, now), Trigger.REJECTED, now)
    if _is_to_be_approved(phase):
        _demand_approver(phase, order)
        return Decision(plan.with_phase(phase.on(Trigger.GATE_REJECTED, failure=failure, finished_at=now)))
    raise NoTransition("nothing about this phase waits for a verdict")


def _sent_back(phase: Phase, failure: Failure, now: datetime) -> Phase:
    """The work is done again, while there are retries."""
    if retries_left(phase):
        return phase.on(Trigger.REJECTED_RETRYABLE, failure=failure, failures=phase.failures + 1, not_before=None)
    return phase.on(Trigger.REJECTED, failure=failure, finished_at=now, not_before=None)


def _is_to_be_approved(phase: Phase) -> bool:
    return phase.state is PhaseState.WAITING and phase.rules.approval and not phase.approved_by


def _demand_approver(phase: Phase, order: m.Judgement) -> None:
    """Raises NoTransition where an approval or a verdict is waited for, and this is nobody who may give it."""
    if order.role is None or not (_is_to_be_approved(phase) or phase.state is PhaseState.NEEDS_QA):
        return
    if not may_judge(phase.rules.approvers, order.by, order.role):
        whom = " or ".join(names(phase.rules.approvers)) or "write access"
        raise NoTransition(f"this takes {whom}, as the policy says")
