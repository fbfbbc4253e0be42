"""Assigning: what an executor is told of an attempt."""

from __future__ import annotations

from services.domain.paths import shared_path
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.ports import Assignment


def assignment_of(plan: Plan, phase: Phase, fence: int) -> Assignment:
    """It begins with what everything before it has brought; and with what others have done to the files that it is about,
    for which it may have waited."""
    known = plan.graph.upstream(phase.key) if phase.key in plan.phases else frozenset()
    before = [one for one in plan if one.key in known or _has_done(one, phase)]
    return Assignment(
        plan=plan.id,
        plan_title=plan.title,
        phase=phase,
        fence=fence,
        project=plan.project,
        before=tuple(before),
    )


def _has_done(other: Phase, phase: Phase) -> bool:
    return other.key != phase.key and other.is_satisfied and shared_path(phase.paths, other.paths) is not None
