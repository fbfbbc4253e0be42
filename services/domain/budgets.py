"""Budgets: what was really used of tokens, money and time, against what the policy allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.domain.rules import Budget, BudgetMode, Budgets

PLAN, PROJECT, DAY = "plan", "project", "day"


@dataclass(frozen=True, slots=True)
class Spent:
    """What ended attempts have used. A person's time is not counted."""

    tokens: int = 0
    cost: float = 0.0
    time: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Spending:
    """What was used by a plan, by its project, and by its project since the day began (in UTC)."""

    plan: Spent = Spent()
    project: Spent = Spent()
    day: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Excess:
    """A budget that is used up: whose, and of what. `limit` and `used` are whole tokens, seconds or hundredths of money."""

    scope: str
    measure: str
    limit: int
    used: int


def day_of(now: datetime) -> datetime:
    """When the day began."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def next_day(now: datetime) -> datetime:
    return day_of(now) + timedelta(days=1)


def counts(budgets: Budgets) -> bool:
    """Some budget beyond that of single attempts is to be looked after."""
    return budgets.mode is not BudgetMode.OFF and any(
        one != Budget() for one in (budgets.plan, budgets.project, budgets.day)
    )


def used_up(budgets: Budgets, spending: Spending) -> Iterator[Excess]:
    """Those that leave nothing for another attempt, the narrowest first; none where budgets are only counted."""
    if budgets.mode is BudgetMode.OFF:
        return
    for scope, budget, spent in (
        (PLAN, budgets.plan, spending.plan),
        (PROJECT, budgets.project, spending.project),
        (DAY, budgets.day, spending.day),
    ):
        yield from (Excess(scope, *one) for one in beyond(budget, spent))


def beyond(budget: Budget, spent: Spent) -> Iterator[tuple[str, int, int]]:
    """Of what nothing is left: its name, the limit, and what was used."""
    if budget.tokens is not None and spent.tokens >= budget.tokens:
        yield "tokens", budget.tokens, spent.tokens
    if budget.cost is not None and spent.cost >= budget.cost:
        yield "cost", round(budget.cost * 100), round(spent.cost * 100)
    if budget.time is not None and spent.time >= budget.time:
        yield "time", int(budget.time.total_seconds()), int(spent.time.total_seconds())


def in_figures(measure: str, amount: int) -> str:
    """As people read it."""
    if measure == "cost":
        return f"{amount / 100:.2f}"
    return f"{amount:,} tokens" if measure == "tokens" else str(timedelta(seconds=amount))
