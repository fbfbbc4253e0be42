"""Why a phase is not running: each reason holds, and clearing it starts the phase or reveals the next one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from services.domain import messages as m
from services.domain.attempts import Attempt, AttemptState
from services.domain.budgets import Spending, Spent
from services.domain.phase import MANUAL, IssueRef, OnError, Phase
from services.domain.plan import Plan, PlanState
from services.domain.reasons import Reason, ReasonCode, why_not_running
from services.domain.rules import Budget, BudgetMode, Budgets
from services.domain.transitions import PhaseState
from services.domain.windows import Window
from services.domain.world import Limits, Slots, World
from tests.plans import LOCAL, NOW, WORLD, Story, chain, plan, with_rules

Setting = tuple[Plan, World]


def why(setting: Setting, key: str = "b") -> Reason | None:
    plan, world = setting
    return why_not_running(plan, plan.phase(key), world, NOW)


def changed(setting: Setting, key: str, **facts: object) -> Setting:
    plan, world = setting
    return plan.with_phase(replace(plan.phase(key), **facts)), world  # type: ignore[arg-type]


def of_plan(setting: Setting, **facts: object) -> Setting:
    return replace(setting[0], **facts), setting[1]  # type: ignore[arg-type]


HOUR = timedelta(hours=1)


def of_world(setting: Setting, **facts: object) -> Setting:
    return setting[0], replace(setting[1], **facts)  # type: ignore[arg-type]


def everything_in_the_way() -> Setting:
    """A plan whose phase `b` has every reason at once that can hold together, after the plan's own state."""
    shut = (Window((1,), time(9), time(10)),)
    budgets = Budgets(BudgetMode.STRICT, Budget(), Budget(tokens=1000), Budget(cost=2.5), Budget(time=HOUR))
    rules = {
        "x": replace(LOCAL, on_error=OnError.FAIL),
        "b": replace(LOCAL, approval=True, windows=shut, budgets=budgets),
    }
    spent = Spending(Spent(tokens=1000), Spent(cost=3.0), Spent(time=HOUR))
    made = plan({"x": "", "a": "", "b": "a"}, rules, state=PlanState.PAUSED, selected=frozenset("a"))
    old = Attempt(number=1, fence=1, executor="local", state=AttemptState.STOPPING, claimed_at=NOW, lease_until=NOW)
    full = Slots(running=1, projects={"ada/site": 1}, plans={"plan": 1}, executors={"local": 1})
    limits = Limits(running=1, project=1, plan=1, executors={"local": 1})
    world = World(
        limits=limits,
        slots=full,
        executors=frozenset({MANUAL}),
        paused_projects={"ada/site": ""},
        spending={"plan": spent},
    )
    other = replace(old, state=AttemptState.RUNNING)
    setting = changed((made, world), "x", state=PhaseState.FAILED, attempt=other, paths=("src/app.py",))
    setting = changed(setting, "a", state=PhaseState.FAILED)
    return changed(setting, "b", not_before=NOW + timedelta(seconds=5), attempt=old, paths=("src/",))


def with_budget(setting: Setting, **budgets: Any) -> Setting:
    plan, world = setting
    return with_rules(plan, "b", budgets=replace(plan.phase("b").rules.budgets, **budgets)), world


@dataclass(frozen=True)
class Clearing:
    """A reason, what it names, and what makes it go away."""

    code: ReasonCode
    names: tuple[object, ...]
    clear: Callable[[Setting], Setting]


def no_limit(name: str) -> Callable[[Setting], Setting]:
    def clear(setting: Setting) -> Setting:
        unlimited: dict[str, object] = {"executors": {}} if name == "executors" else {name: None}
        return of_world(setting, limits=replace(setting[1].limits, **unlimited))  # type: ignore[arg-type]

    return clear


_CODE = ReasonCode
IN_ORDER = [
    Clearing(_CODE.PLAN_STOPPED, (("x",),), lambda s: changed(s, "x", state=PhaseState.SKIPPED)),
    Clearing(_CODE.PLAN_PAUSED, (), lambda s: of_plan(s, state=PlanState.ACTIVE)),
    Clearing(_CODE.PROJECT_PAUSED, ("ada/site",), lambda s: of_world(s, paused_projects={})),
    Clearing(_CODE.NOT_SELECTED, (), lambda s: of_plan(s, selected=None)),
    Clearing(_CODE.DEPENDENCY_FAILED, (("a",),), lambda s: changed(s, "a", state=PhaseState.WAITING)),
    Clearing(_CODE.WAITING_FOR_DEPENDENCY, (("a",),), lambda s: changed(s, "a", state=PhaseState.COMPLETED)),
    Clearing(_CODE.APPROVAL_REQUIRED, (), lambda s: changed(s, "b", approved_by="ada")),
    Clearing(
        _CODE.WINDOW_CLOSED, (datetime(2026, 1, 6, 9, tzinfo=UTC),), lambda s: (with_rules(s[0], "b", windows=()), s[1])
    ),
    Clearing(_CODE.RETRY_BACKOFF, (NOW + timedelta(seconds=5),), lambda s: changed(s, "b", not_before=NOW)),
    Clearing(_CODE.ATTEMPT_STOPPING, (("b",),), lambda s: changed(s, "b", attempt=None)),
    Clearing(_CODE.BUDGET_EXHAUSTED, ("plan",), lambda s: with_budget(s, plan=Budget(tokens=1001))),
    Clearing(
        _CODE.BUDGET_EXHAUSTED, ("project",), lambda s: with_budget(s, plan=Budget(tokens=1001), project=Budget())
    ),
    Clearing(_CODE.BUDGET_EXHAUSTED, ("day", datetime(2026, 1, 6, tzinfo=UTC)), lambda s: of_world(s, spending={})),
    Clearing(_CODE.EXECUTOR_UNAVAILABLE, ("local",), lambda s: of_world(s, executors=frozenset({"local"}))),
    Clearing(_CODE.PATH_CONFLICT, (("x",), "src/"), lambda s: changed(s, "x", attempt=None)),
    Clearing(_CODE.SLOT_LIMIT, ("running",), no_limit("running")),
    Clearing(_CODE.SLOT_LIMIT, ("project",), no_limit("project")),
    Clearing(_CODE.SLOT_LIMIT, ("plan",), no_limit("plan")),
    Clearing(_CODE.SLOT_LIMIT, ("local",), no_limit("executors")),
]


def test_clearing_each_reason_reveals_the_next_and_in_the_end_the_phase_may_start() -> None:
    setting = everything_in_the_way()
    for step in IN_ORDER:
        reason = why(setting)
        assert reason is not None
        assert reason.code is step.code
        assert {*step.names} <= {reason.phases, reason.until, reason.what}, reason
        setting = step.clear(setting)
    assert why(setting) is None


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (PlanState.PLANNED, ReasonCode.NOT_STARTED),
        (PlanState.PUBLISHING, ReasonCode.PUBLISHING),
        (PlanState.CANCELLED, ReasonCode.PLAN_CANCELLED),
    ],
)
def test_the_state_of_the_plan_comes_first(state: PlanState, code: ReasonCode) -> None:
    reason = why(of_plan(everything_in_the_way(), state=state))
    assert reason is not None
    assert reason.code is code


def test_every_reason_is_proved() -> None:
    by_state = {ReasonCode.NOT_STARTED, ReasonCode.PUBLISHING, ReasonCode.PLAN_CANCELLED}
    assert {step.code for step in IN_ORDER} | by_state == set(ReasonCode)


def test_starting_a_draft_reveals_the_next_reason() -> None:
    story = Story(chain("a", state=PlanState.PLANNED))
    assert why((story.plan, WORLD), "a") == Reason(ReasonCode.NOT_STARTED)

    story.says_of_plan(m.StartPlan)
    assert why((story.plan, WORLD), "a") is None


def test_the_last_issue_ends_publishing() -> None:
    story = Story(replace(chain("a", state=PlanState.PLANNED), tracked=True))
    story.says_of_plan(m.StartPlan)
    story.tell(m.IssueCreated(plan="plan", cause="i", phase=None, issue=IssueRef(1, 1)))
    assert why((story.plan, WORLD), "a") == Reason(ReasonCode.PUBLISHING)

    story.tell(m.IssueCreated(plan="plan", cause="j", phase="a", issue=IssueRef(2, 2)))
    assert why((story.plan, WORLD), "a") is None


def test_a_slot_limit_says_how_many_are_taken() -> None:
    world = World(limits=Limits(project=2), slots=Slots(running=3, projects={"ada/site": 2, "other": 1}))
    assert why((chain("a"), world), "a") == Reason(
        ReasonCode.SLOT_LIMIT, what="project", facts={"limit": 2, "taken": 2}
    )


def test_a_persons_work_needs_no_slot() -> None:
    world = World(limits=Limits(running=0))
    by_hand = chain("a", replace(LOCAL, executor=MANUAL))

    assert why((by_hand, world), "a") is None


def test_an_old_run_of_a_dependency_keeps_a_phase_waiting() -> None:
    story = Story(chain("a b")).starts("a")
    story.says(m.CompletePhase, "a")
    assert why((story.plan, WORLD)) == Reason(ReasonCode.ATTEMPT_STOPPING, ("a",))

    story.ends("a", "cancelled")
    assert why((story.plan, WORLD)) is None


def test_a_phase_past_waiting_has_no_reason() -> None:
    story = Story(chain("a b")).starts("a")
    phase: Phase = story.phase("a")

    assert why_not_running(story.plan, phase, WORLD, NOW) is None


def test_nothing_starts_behind_a_run_that_may_go_on_even_past_a_phase_that_was_skipped() -> None:
    story = Story(chain("a b c")).starts("a")
    story.says(m.CompletePhase, "a")
    story.says(m.SkipPhase, "b")

    reason = why_not_running(story.plan, story.plan.phase("c"), story.world, story.now)
    assert reason is not None
    assert (reason.code, reason.phases) == (ReasonCode.ATTEMPT_STOPPING, ("a",))

    story.ends("a", "cancelled")
    assert why_not_running(story.plan, story.plan.phase("c"), story.world, story.now) is None
