"""How a run went, as an exit code: judged from the plan alone, and from whether we were interrupted."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cli.exits import Exit
from services.domain.phase import OnError, Phase, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.pull import PullState
from services.domain.transitions import PhaseState


def exit_of(plan: Plan, *, interrupted: bool, has_dead_letters: bool) -> Exit:
    """The exit code of `run`; see Exit for what each one means."""
    left = [phase for phase in chosen(plan) if not phase.is_satisfied]
    if interrupted and left:
        return Exit.INTERRUPTED
    merge = plan.pull.state if plan.pull else None
    if plan.state is PlanState.CANCELLED or merge is PullState.CLOSED or any(map(_has_failed, chosen(plan))):
        return Exit.FAILED
    if has_dead_letters or plan.state is PlanState.PUBLISHING or merge is PullState.WANTED:
        return Exit.INTERRUPTED
    if any(map(_could_move, left)):
        return Exit.INTERRUPTED
    return Exit.DONE


def chosen(plan: Plan) -> Iterator[Phase]:
    """The phases that were to be carried out."""
    return filter(plan.is_selected, plan)


def awaits_person(phase: Phase) -> bool:
    """Its work, its verdict or its approval is a person's."""
    return _is_by_hand(phase) or phase.state is PhaseState.NEEDS_QA or _awaits_approval(phase)


def _has_failed(phase: Phase) -> bool:
    failed = phase.state is PhaseState.FAILED and phase.rules.on_error is not OnError.CONTINUE
    return failed or phase.status is QueueStatus.BLOCKED


def _could_move(phase: Phase) -> bool:
    """It was kept from running by something that is no person."""
    return phase.status in (QueueStatus.READY, QueueStatus.RUNNING) and not awaits_person(phase)


def _is_by_hand(phase: Phase) -> bool:
    return phase.attempt is not None and phase.attempt.state.is_in_flight and phase.attempt.lease_until is None


def _awaits_approval(phase: Phase) -> bool:
    return phase.status is QueueStatus.READY and phase.rules.approval and not phase.approved_by
