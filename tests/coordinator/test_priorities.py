"""The priority that a policy gives a phase: it counts when slots are given away, until an order says otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.tools import builtin_registry
from services.coordinator.advance import advance, allocate
from services.coordinator.intake import Origin, plan_from
from services.domain.messages import AmendPlan, PhaseShape, SetPriority
from services.domain.phase import Operation, Rules
from services.domain.plan import Plan, PlanState
from services.domain.world import Limits, World
from services.planning.parser import parse
from services.planning.policy import read_policy
from tests.plans import NOW, Story, loose

POLICY = """
version: 1
defaults: {executor: local, operations: [{tool: noop}]}
phases:
  - {match: "Hot fix", priority: urgent}
  - {match: "Tidying", priority: 90}
"""
PLAN = "# P\n\n## Phase 1: Tidying\n\nNo dependencies.\n\n## Phase 2: Work\n\nNo dependencies.\n\n" + (
    "## Phase 3: Hot fix\n\nNo dependencies.\n"
)


@pytest.fixture
def plan() -> Plan:
    policy = read_policy(POLICY, tools=builtin_registry({}).inputs(), executors={"local", "manual"})
    made, _ = plan_from(parse(PLAN), policy.rules_for, Origin("ada/site", "plan.md", NOW, tracked=False), id="plan")
    return replace(made, state=PlanState.ACTIVE)


def test_the_urgent_goes_first_and_what_says_nothing_goes_with_its_plan(plan: Plan) -> None:
    world = World(limits=Limits(running=3))

    chosen = allocate(advance(plan, world, NOW), world).chosen

    assert [one.phase.title for one in chosen] == ["Hot fix", "Work", "Tidying"]
    assert [one.priority for one in chosen] == [10, 50, 90]


def test_an_order_counts_more_than_the_policy(plan: Plan) -> None:
    story = Story(plan)
    tidying = next(phase.key for phase in plan if phase.title == "Tidying")
    story.tell(SetPriority(plan=plan.id, cause="hurry", phase=tidying, priority=5))

    assert story.phase(tidying).priority == 5


def test_a_new_priority_in_the_policy_reaches_a_plan_that_is_under_way() -> None:
    rules = Rules(executor="local", operations=(Operation("noop", {}),), timeout=timedelta(minutes=1))
    story = Story(loose("a", rules))
    shape = PhaseShape(key="a", title="A", number=None, needs=(), rules=replace(rules, priority=20))

    story.tell(AmendPlan(plan="plan", cause="amend", title="Plan", overview="", phases=(shape,)))

    assert story.phase("a").priority == 20
