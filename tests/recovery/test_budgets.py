"""A budget that was raised lets plans go on, even if nobody tells of the commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bot.bootstrap import Phasebot
from bot.intake import Submission
from bot.workers.reconciler import Reconciler
from services.domain.phase import Operation, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.reasons import ReasonCode
from services.domain.rules import Budget, BudgetMode, Budgets, Rules
from services.planning.parser import parse
from tests.recovery.conftest import PATIENCE, REPO, Away

USED_UP = Budgets(BudgetMode.STRICT, plan=Budget(tokens=0))
RULES = Rules(executor="local", operations=(Operation("noop", {}),), budgets=USED_UP)
POLICY = "version: 1\nbudgets: {mode: strict, plan: {tokens: %d}}\n"


def until(bot: Phasebot, id: str, holds: Callable[[Plan], bool]) -> None:
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while (plan := bot.answers.plan(id)) is None or not holds(plan):
        assert time.monotonic() < deadline, plan
        pause.wait(0.01)


def stuck(bot: Phasebot) -> str:
    """A plan that waits because its budget is used up."""
    submission = Submission(draft=parse("# P\n\n## Phase 1: A\n"), source="plan.md", rules_for=lambda _: RULES)
    id = bot.intake.submit(submission).plan.id
    until(bot, id, lambda plan: plan.state is PlanState.ACTIVE)
    until(bot, id, lambda plan: reasons(bot, plan) == [ReasonCode.BUDGET_EXHAUSTED])
    return id


def reasons(bot: Phasebot, plan: Plan) -> list[ReasonCode]:
    return [why.code for phase in plan if (why := bot.answers.why(plan, phase))]


def test_a_look_finds_that_the_policy_allows_more(away: Away) -> None:
    with away.phasebot() as bot:
        id = stuck(bot)
        away.hub.put_file(REPO, ".github/phasebot.yml", POLICY % 5, login="ada")

        Reconciler(bot.store, bot.remote, bot.receive, clock=bot.clock, hook_url=lambda: "").tick()

        until(bot, id, lambda plan: all(one.status is QueueStatus.COMPLETED for one in plan))


def test_without_a_policy_in_the_repository_the_one_that_the_plan_was_made_with_counts(away: Away) -> None:
    with away.phasebot() as bot:
        id, before = stuck(bot), len(away.hub.requests)

        Reconciler(bot.store, bot.remote, bot.receive, clock=bot.clock, hook_url=lambda: "").tick()

        plan = bot.answers.plan(id)
        assert plan is not None
        assert reasons(bot, plan) == [ReasonCode.BUDGET_EXHAUSTED]
        assert [one.path for one in list(away.hub.requests)[before:] if "/commits" in one.path] != []


def test_what_is_not_used_up_costs_no_request(away: Away) -> None:
    with away.phasebot() as bot:
        reconciler = Reconciler(bot.store, bot.remote, bot.receive, clock=bot.clock, hook_url=lambda: "")
        id = bot.intake.submit(Submission(draft=parse("# P\n\n## Phase 1: A\n"), source="plan.md")).plan.id
        until(bot, id, lambda plan: plan.state is PlanState.ACTIVE)
        before = len(away.hub.requests)

        reconciler.tick()

        assert [one.path for one in list(away.hub.requests)[before:] if "/contents/" in one.path] == []
