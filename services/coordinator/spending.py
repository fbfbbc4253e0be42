"""Spending: the world with what was used, for the plans whose budgets count; and the word that one of them is used up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from services.coordinator import notices
from services.domain.budgets import DAY, Spending, counts, day_of, used_up
from services.domain.effects import PostComment
from services.domain.plan import Plan, PlanState
from services.domain.rules import BudgetMode, Budgets
from services.domain.world import World

Look = Callable[[Plan, datetime], Spending]
"""What a plan and its project have used, and the project since that moment."""


def with_spending(world: World, plans: Iterable[Plan], look: Look, now: datetime) -> World:
    """Asked only of plans that are under way and whose budgets count, so that others cost nothing."""
    found = {
        plan.id: look(plan, day_of(now)) for plan in plans if plan.state is PlanState.ACTIVE and any(_budgets(plan))
    }
    return replace(world, spending={**world.spending, **found}) if found else world


def told(plan: Plan, world: World, now: datetime) -> Iterator[PostComment]:
    """That a budget is used up. The key is the same until the limit is another one, or the day: so it is said once."""
    spending = world.spending.get(plan.id)
    if spending is None or not plan.tracked or plan.issue is None:
        return
    for budgets in dict.fromkeys(_budgets(plan)):
        for one in used_up(budgets, spending):
            day = f"/{now:%Y-%m-%d}" if one.scope == DAY else ""
            key = f"budget:{plan.id}:{one.scope}/{one.measure}/{one.limit}{day}"
            body = notices.budget_used_up(one, holds_up=budgets.mode is BudgetMode.STRICT)
            yield PostComment(plan=plan.id, key=key, phase=None, body=body)


def _budgets(plan: Plan) -> Iterator[Budgets]:
    return (phase.rules.budgets for phase in plan if counts(phase.rules.budgets))
