"""Waits for people: since when an approval or a verdict is waited for, when that has lasted too long, and how long an
approval counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from services.coordinator.decision import Decision
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.progress import stops_plan
from services.domain.transitions import PhaseState


def awaits_person(plan: Plan, phase: Phase) -> bool:
    """A pause makes no difference, so that its end is not news."""
    return plan.state.is_under_way and phase.awaits_person


def timed(before: Plan, after: Plan, now: datetime) -> Plan:
    """With the moment at which each wait, or approval, that has just begun expires; one that has ended expires no more."""
    if after is before:
        return after
    for phase in after:
        old = before.phases.get(phase.key)
        if old is phase and before.state is after.state:
            continue
        lasts, lasted = _patience(after, phase), _patience(before, old) if old else None
        has_begun = lasted is None or (old is not None and _holds_approval(old) is not _holds_approval(phase))
        if lasts is not None and has_begun:
            after = after.with_phase(replace(phase, expires_at=now + lasts))
        elif lasts is None and phase.expires_at is not None:
            after = after.with_phase(replace(phase, expires_at=None))
    return after


def _patience(plan: Plan, phase: Phase) -> timedelta | None:
    """How long the state that the phase is in may last."""
    if _holds_approval(phase):
        return phase.rules.approval_expires
    return phase.rules.escalation.after if awaits_person(plan, phase) or holds_up(plan, phase) else None


def holds_up(plan: Plan, phase: Phase) -> bool:
    """It has failed, and others are blocked, or the whole plan is stopped, until somebody decides what becomes of it."""
    if not plan.state.is_under_way or phase.state is not PhaseState.FAILED or phase.is_satisfied:
        return False
    return stops_plan(phase) or any(
        plan.phases[one].state is PhaseState.WAITING for one in plan.graph.dependents[phase.key]
    )


def _holds_approval(phase: Phase) -> bool:
    return phase.state is PhaseState.WAITING and phase.rules.approval and bool(phase.approved_by)


def expired(decision: Decision, now: datetime) -> Decision:
    """Waits that have lasted too long go on, but not in silence; an approval that was not used in time counts no more."""
    for phase in decision.plan:
        if phase.expires_at is not None and phase.expires_at <= now:
            approved_by = "" if _holds_approval(phase) else phase.approved_by
            over = replace(phase, expires_at=None, approved_by=approved_by)
            decision = replace(decision, plan=decision.plan.with_phase(over))
    return decision


def has_expired(before: Plan, old: Phase, after: Plan, new: Phase) -> bool:
    """This change is the end of patience, not the end of the wait."""
    was_timed = old.expires_at is not None and new.expires_at is None
    if not was_timed:
        return False
    return (awaits_person(before, old) and awaits_person(after, new)) or (
        holds_up(before, old) and holds_up(after, new)
    )
