"""Premises: what the policy asks of the moment at which everything a phase needs is done.

Its conditions are decided then, once, on the facts of that moment: the phase is admitted, or skipped. Where its windows are
closed, it waits for the next one to open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from services.coordinator import notices
from services.coordinator.decision import Decision
from services.domain.effects import PostComment
from services.domain.events import Event
from services.domain.messages import Message
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.plan_facts import unmet
from services.domain.transitions import Trigger
from services.domain.windows import closed_until


def settled(decision: Decision, message: Message, now: datetime) -> Decision:
    """The decision with the premises of every ready phase settled. One that is skipped may make others ready."""
    if decision.plan.state is not PlanState.ACTIVE:
        return decision
    while undecided := next(_undecided(decision.plan), None):
        decision = _decided(decision, undecided, message, now)
    return _held_back(decision, now)


def _undecided(plan: Plan) -> Iterator[Phase]:
    """Ready phases with conditions that were not asked yet, in plan order."""
    return (
        phase
        for phase in plan
        if phase.status is QueueStatus.READY
        and not phase.admitted
        and _has_conditions(phase)
        and _is_selected(plan, phase)
    )


def _has_conditions(phase: Phase) -> bool:
    return bool(phase.rules.when or phase.rules.skip_when or phase.rules.only_if)


def _is_selected(plan: Plan, phase: Phase) -> bool:
    return plan.selected is None or phase.key in plan.selected


def _decided(decision: Decision, phase: Phase, message: Message, now: datetime) -> Decision:
    plan, condition = decision.plan, unmet(decision.plan, phase)
    if not condition:
        return replace(decision, plan=plan.with_phase(replace(phase, admitted=True)))
    skipped = phase.on(Trigger.SKIP, finished_at=now, not_before=None, failure=None)
    decision = replace(decision, plan=plan.with_phase(skipped))
    decision = decision.noting(
        Event("condition_unmet", plan.id, message.cause, phase.key, facts={"condition": condition})
    )
    if not plan.tracked or phase.issue is None:
        return decision
    body, key = notices.not_called_for(phase, condition), f"condition:{message.cause}:{phase.key}"
    return decision.doing(PostComment(plan=plan.id, key=key, phase=phase.key, body=body))


def _held_back(decision: Decision, now: datetime) -> Decision:
    """Ready phases before closed windows are woken when the next one opens."""
    for phase in decision.plan:
        if phase.rules.windows and phase.status is QueueStatus.READY and phase.not_before is None:
            opens = closed_until(phase.rules.windows, now)
            if opens is not None:
                decision = replace(decision, plan=decision.plan.with_phase(replace(phase, not_before=opens)))
    return decision
