"""What is still missing of a published plan, judged from the plan itself: levels, not steps."""

from __future__ import annotations

from services.domain.effects import CreateIssue, Effect, LinkDependencies
from services.domain.plan import Plan


def next_steps(plan: Plan) -> tuple[Effect, ...]:
    """What can be done now: the parent first, then the children in phase order, then the links between them."""
    if plan.issue is None:
        return (CreateIssue(plan=plan.id, key=f"create:{plan.id}", phase=None),)
    missing = [phase for phase in plan if phase.issue is None]
    if missing:
        return tuple(CreateIssue(plan=plan.id, key=f"create:{plan.id}:{one.key}", phase=one.key) for one in missing)
    unlinked = [phase for phase in plan if plan.graph.needs[phase.key] and not phase.linked]
    return tuple(LinkDependencies(plan=plan.id, key=f"link:{plan.id}:{one.key}", phase=one.key) for one in unlinked)


def is_published(plan: Plan) -> bool:
    """Every issue and every link is there."""
    return not next_steps(plan)
