"""How a whole plan stands, computed from its phases."""

from __future__ import annotations

from enum import StrEnum

from services.domain.phase import OnError, Phase, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.pull import PullState
from services.domain.transitions import PhaseState


class PlanStatus(StrEnum):
    """What people see of a plan."""

    PLANNED = "planned"
    PUBLISHING = "publishing"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    PAUSED = "paused"
    FAILED = "failed"
    RUNNING = "running"
    BLOCKED = "blocked"


def plan_status(plan: Plan) -> PlanStatus:
    """What people see of a plan; first match, in the order of this function."""
    if plan.state in _SHOWN_AS_STORED:
        return PlanStatus(plan.state)
    if is_completed(plan):
        return PlanStatus.COMPLETED
    if plan.state is PlanState.PAUSED:
        return PlanStatus.PAUSED
    in_flight = any(phase.is_in_flight for phase in plan)
    if is_stopped(plan) and not in_flight:
        return PlanStatus.FAILED
    if only_merge_is_left(plan):
        was_turned_down = plan.pull is not None and plan.pull.state is PullState.CLOSED
        return PlanStatus.BLOCKED if was_turned_down else PlanStatus.RUNNING
    ready = [phase for phase in plan if phase.status is QueueStatus.READY]
    if in_flight or any(map(plan.is_selected, ready)):
        return PlanStatus.RUNNING
    return PlanStatus.PAUSED if ready else PlanStatus.BLOCKED  # ready, but not among those that were asked for


def is_stopped(plan: Plan) -> bool:
    """A phase with `on_error: fail` has failed: nothing new starts."""
    return any(stops_plan(phase) for phase in plan)


def stops_plan(phase: Phase) -> bool:
    """It has failed under `on_error: fail`."""
    return phase.state is PhaseState.FAILED and phase.rules.on_error is OnError.FAIL


def is_completed(plan: Plan) -> bool:
    """Nothing is left to do, and nothing to be merged."""
    return are_phases_decided(plan) and not awaits_merge(plan)


def awaits_merge(plan: Plan) -> bool:
    """Its pull request is still to be merged."""
    return plan.pull is not None and not plan.pull.state.is_settled


def only_merge_is_left(plan: Plan) -> bool:
    """Every phase is decided, and the merge of its pull request is waited for."""
    return awaits_merge(plan) and are_phases_decided(plan)


def are_phases_decided(plan: Plan) -> bool:
    """Each phase is completed, skipped, failed under `continue`, or cancelled with nobody waiting."""
    return all(phase.is_satisfied or _is_given_up_for_good(plan, phase) for phase in plan)


def is_at_rest(plan: Plan) -> bool:
    """No attempt with a lease is under way, nothing may start by itself, and nothing waits for a moment to come."""
    status = plan_status(plan)
    if status in (PlanStatus.PLANNED, PlanStatus.PUBLISHING):
        return status is PlanStatus.PLANNED
    if plan.pull is not None and plan.pull.state is PullState.WANTED and status is PlanStatus.RUNNING:
        return False
    return not any(_may_move(plan, phase) for phase in plan)


_SHOWN_AS_STORED = frozenset({PlanState.PLANNED, PlanState.PUBLISHING, PlanState.CANCELLED})


def _is_given_up_for_good(plan: Plan, phase: Phase) -> bool:
    if phase.state is not PhaseState.CANCELLED:
        return False
    return not any(plan.phases[key].state is PhaseState.WAITING for key in plan.graph.dependents[phase.key])


def _may_move(plan: Plan, phase: Phase) -> bool:
    attempt = phase.attempt
    if attempt is not None and attempt.lease_until is not None and attempt.state.is_live:
        return True
    if plan.state is not PlanState.ACTIVE:
        return False
    return phase.lacks_verdict or (
        phase.status is QueueStatus.READY and plan.is_selected(phase) and not phase.is_at_gate
    )
