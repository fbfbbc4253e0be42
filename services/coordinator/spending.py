"""Spending: the world with what was used, for the plans whose budgets count; and the word that one of them is used up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from services.coordinator import notices
from services.domain.budgets import DAY, Spending, counts, day_of, used_up
from services.domain.effects import PostComment
from services.domain.messages import BudgetsChanged
from services.domain.plan import HANDED_IN, Plan, PlanState
from services.domain.rules import BudgetMode, Budgets, Rules
from services.domain.world import World

Look = Callable[[Plan, datetime], Spending]
"""What a plan and its project have used, and the project since that moment."""


def with_spending(world: World, plans: Iterable[Plan], look: Look, now: datetime) -> World:
    """Asked only of plans that are under way and whose budgets count, so that others cost nothing."""
    found = {plan.id: look(plan, day_of(now)) for plan in plans if plan.state is PlanState.ACTIVE and counted(plan)}
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


def new_budgets(plan: Plan, budgets: Budgets, *, cause: str) -> Iterator[BudgetsChanged]:
    """The news that the policy of the repository allows something else than the plan was made with. A plan that came with a
    policy, or out of a file of its operator's own, has its budgets from there."""
    if rebudgeted(plan, budgets) is not plan and plan.policy != HANDED_IN and not plan.source.startswith("/"):
        yield BudgetsChanged(plan=plan.id, cause=cause, budgets=budgets)


def counted(plan: Plan) -> bool:
    """Some budget of it is to be looked after."""
    return any(_budgets(plan))


def held_up(plan: Plan, spending: Spending) -> bool:
    """Some phase starts nothing because a budget is used up."""
    strict = (one for one in _budgets(plan) if one.mode is BudgetMode.STRICT)
    return any(any(used_up(one, spending)) for one in strict)


def rebudgeted(plan: Plan, budgets: Budgets) -> Plan:
    """The plan under these budgets; itself, if it has them. What its phases say of their own attempts stays; what they have
    taken from the budget of all attempts follows that."""
    if all(phase.rules.budgets == budgets for phase in plan):
        return plan
    return replace(plan, phases={phase.key: replace(phase, rules=_under(phase.rules, budgets)) for phase in plan})


def _under(rules: Rules, budgets: Budgets) -> Rules:
    old, new = rules.budgets.attempt, budgets.attempt
    followed = {
        name: getattr(new, name)
        for name in ("tokens", "cost", "time")
        if getattr(rules.budget, name) == getattr(old, name)
    }
    return replace(rules, budgets=budgets, budget=replace(rules.budget, **followed))


def _budgets(plan: Plan) -> Iterator[Budgets]:
    return (phase.rules.budgets for phase in plan if counts(phase.rules.budgets))
