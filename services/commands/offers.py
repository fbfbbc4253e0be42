"""Offers: which orders fit how a phase or a plan stands now, for surfaces that show buttons. The transition table decides."""

from __future__ import annotations

from services.domain.phase import Phase
from services.domain.plan import Plan, PlanState
from services.domain.progress import only_merge_is_left
from services.domain.pull import PullState
from services.domain.transitions import Trigger

_BY_TABLE = (
    ("retry", Trigger.RETRY),
    ("complete", Trigger.COMPLETE),
    ("skip", Trigger.SKIP),
    ("cancel", Trigger.CANCEL),
)


def verbs_for_phase(plan: Plan, phase: Phase) -> tuple[str, ...]:
    """The most likely ones first. Empty for a plan that was retracted, and for a phase that is on its way out."""
    if plan.retracted_at is not None or phase.leaving:
        return ()
    judged = ("approve", "reject") if phase.awaits_person else ()
    fitting = tuple(verb for verb, trigger in _BY_TABLE if phase.allows(trigger))
    reopened = ("reopen",) if phase.allows(Trigger.REOPEN) and "retry" not in fitting else ()
    return (*judged, *fitting, *reopened)


def verbs_for_plan(plan: Plan) -> tuple[str, ...]:
    if plan.retracted_at is not None:
        return ()
    if plan.state is PlanState.PLANNED:
        return ("start",)
    retract = ("retract",) if plan.issue else ()
    if plan.state is PlanState.CANCELLED:
        return ("resume", *retract)
    return (*_about_merge(plan), "resume" if plan.state is PlanState.PAUSED else "pause", "cancel", *retract)


def _about_merge(plan: Plan) -> tuple[str, ...]:
    """Once nothing but the merge is waited for."""
    if plan.pull is None or not only_merge_is_left(plan):
        return ()
    if plan.pull.state is not PullState.CLOSED:
        return ("complete",)
    return ("reopen", "retry", "complete") if plan.pull.number else ("retry", "complete")
