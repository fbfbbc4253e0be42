"""Budgets: what was really used stops what would use more, and is said once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.coordinator.phase_coordinator import News
from services.coordinator.reason_words import in_words
from services.coordinator.spending import new_budgets, rebudgeted
from services.domain import messages as m
from services.domain.attempts import Outcome, Result
from services.domain.budgets import Spending, Spent
from services.domain.effects import Effect, PostComment
from services.domain.reasons import why_not_running
from services.domain.rules import Budget, BudgetMode, Budgets
from services.domain.world import World
from services.planning.policy import read_policy
from tests.coordinator.test_phase_coordinator import Desk, dispatched
from tests.plans import LOCAL, NOW, chain, loose, published

STRICT = Budgets(BudgetMode.STRICT, plan=Budget(tokens=100))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def passed(phase: str, fence: int) -> m.AttemptFinished:
    return m.AttemptFinished.of("plan", phase, fence, Outcome.PASSED, None, Result(tokens=120))


@pytest.mark.parametrize(
    ("mode", "goes_on"), [(BudgetMode.STRICT, False), (BudgetMode.WARN, True), (BudgetMode.OFF, True)]
)
def test_a_plan_that_has_used_its_budget_up_starts_nothing_more_and_says_so_once(
    desk: Desk, mode: BudgetMode, goes_on: bool
) -> None:
    plan = published(chain("a b", replace(LOCAL, budgets=replace(STRICT, mode=mode))))
    first = desk.takes(plan).round(News(look=True))
    assert dispatched(first) == [("plan", "a", 1)]

    desk.store.stored.plans.spent = Spending(plan=Spent(tokens=120))
    second = desk.round(News(messages=[passed("a", 1)], look=True))
    third = desk.round(News(look=True))

    assert bool(dispatched(second)) is goes_on
    said = [body for done in (second, third) for one in done.sendings for body in _about_budgets(one.effect)]
    assert len(said) == (mode is not BudgetMode.OFF)
    assert all("120 tokens of 100 tokens" in body for body in said)


def test_raising_the_budget_lets_the_plan_go_on(desk: Desk) -> None:
    raised = replace(STRICT, plan=Budget(tokens=1000))
    desk.takes(loose("a", replace(LOCAL, budgets=STRICT)), loose("b", replace(LOCAL, budgets=raised), id="other"))
    desk.store.stored.plans.spent = Spending(plan=Spent(tokens=120))

    assert dispatched(desk.round(News(look=True))) == [("other", "b", 1)]


def test_a_policy_that_allows_more_lets_what_is_under_way_go_on(desk: Desk) -> None:
    plan = published(chain("a b", replace(LOCAL, budgets=STRICT)))
    desk.takes(plan).round(News(look=True))
    desk.store.stored.plans.spent = Spending(plan=Spent(tokens=120))
    assert dispatched(desk.round(News(messages=[passed("a", 1)], look=True))) == []

    allowed = m.BudgetsChanged(plan="plan", cause="policy", budgets=replace(STRICT, plan=Budget(tokens=1000)))

    assert dispatched(desk.round(News(messages=[allowed]))) == [("plan", "b", 2)]


def test_the_budget_of_attempts_follows_where_a_phase_has_none_of_its_own() -> None:
    old, new = (Budgets(attempt=Budget(tokens=many, cost=many / 10)) for many in (10, 50))
    plan = rebudgeted(loose("a", replace(LOCAL, budgets=old, budget=Budget(tokens=20, cost=1.0))), new)

    rules = plan.phase("a").rules
    assert (rules.budgets, rules.budget) == (new, Budget(tokens=20, cost=5.0))
    assert rebudgeted(plan, new) is plan


def test_a_plan_out_of_its_operators_own_file_keeps_the_policy_that_came_with_it() -> None:
    plan = loose("a", replace(LOCAL, budgets=STRICT))

    assert list(new_budgets(replace(plan, source="/home/ada/plan.md"), Budgets(), cause="policy")) == []
    assert len(list(new_budgets(replace(plan, source="plans/plan.md"), Budgets(), cause="policy"))) == 1


def test_why_says_which_budget_and_when_it_is_whole_again() -> None:
    budgets = Budgets(BudgetMode.STRICT, day=Budget(cost=2.5))
    plan = loose("a", replace(LOCAL, budgets=budgets))
    world = World(spending={"plan": Spending(day=Spent(cost=2.75))})

    reason = why_not_running(plan, plan.phase("a"), world, NOW)

    assert reason is not None
    words = "the cost budget of the day is used up: 2.75 of 2.50; it goes on at 2026-01-06 00:00 UTC"
    assert in_words(plan, reason, NOW) == words


def test_a_policy_gives_every_phase_its_budgets() -> None:
    text = """version: 1
budgets: {mode: strict, attempt: {tokens: 10, time: 1m}, project: {cost: 5}}
phases: [{match: A, executor: actions, workflow: x.yml, timeout: 5m, budget: {tokens: 20}}]
"""
    policy = read_policy(text, tools={}, executors={"actions", "manual"})
    from services.planning.parser import parse

    (phase,) = parse("# P\n\n## Phase 1: A\n").phases

    rules = policy.rules_for(phase)
    assert (rules.ceiling.tokens, rules.budgets.project) == (20, Budget(cost=5.0))
    assert rules.work_timeout == rules.ceiling.time


def _about_budgets(effect: Effect) -> list[str]:
    return [effect.body] if isinstance(effect, PostComment) and effect.key.startswith("budget:") else []
