"""To retract a plan is to cancel it for good, and to have its issues closed rather than shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.coordinator.decide import decide
from services.domain import messages as m
from services.domain.effects import RetractIssues, StopAttempt
from services.domain.phase import IssueRef
from services.domain.plan import Plan, PlanState
from services.domain.retraction import Left, Why
from services.domain.transitions import PhaseState
from services.domain.world import World
from tests.plans import NOW, plan

RETRACT = m.RetractPlan(plan="plan", cause="r", by="ada")
WORLD = World()


def published() -> Plan:
    made = plan({"a": "", "b": "a"}, issue=IssueRef(1, 100), tracked=True, state=PlanState.ACTIVE)
    for number, phase in enumerate(list(made), 2):
        made = made.with_phase(replace(phase, issue=IssueRef(number, number * 100), linked=True))
    return made


def test_it_is_cancelled_and_one_effect_settles_its_issues() -> None:
    decision = decide(published(), RETRACT, WORLD, NOW)
    assert decision.plan.state is PlanState.CANCELLED
    assert decision.plan.retracted_at == NOW
    assert [phase.state for phase in decision.plan] == [PhaseState.CANCELLED] * 2
    assert decision.effects == (RetractIssues(plan="plan", key="retract:r"),)
    assert "plan_cancelled" in {event.kind for event in decision.events}


@pytest.mark.parametrize("state", [PlanState.CANCELLED, PlanState.PAUSED, PlanState.PUBLISHING, PlanState.PLANNED])
def test_it_can_be_retracted_in_any_state(state: PlanState) -> None:
    decision = decide(replace(published(), state=state), RETRACT, WORLD, NOW)
    assert decision.effects == (RetractIssues(plan="plan", key="retract:r"),)


def test_without_issues_it_is_only_given_up() -> None:
    decision = decide(replace(published(), tracked=False), RETRACT, WORLD, NOW)
    assert decision.plan.retracted_at == NOW
    assert not [one for one in decision.effects if not isinstance(one, StopAttempt)]


@pytest.mark.parametrize("order", [m.ResumePlan, m.StartPlan, m.CancelPlan, m.RetractPlan])
def test_afterwards_nothing_is_to_be_ordered(order: type[m.Order]) -> None:
    gone = decide(published(), RETRACT, WORLD, NOW).plan
    decision = decide(gone, order(plan="plan", cause="again"), WORLD, NOW)  # type: ignore[call-arg]
    assert "was retracted" in decision.refused
    assert decision.plan == gone


def test_an_issue_that_turns_up_late_is_settled_too() -> None:
    made = published()
    made = made.with_phase(replace(made.phase("b"), issue=None))
    gone = decide(made, RETRACT, WORLD, NOW).plan
    late = m.IssueCreated(plan="plan", cause="late", phase="b", issue=IssueRef(3, 300))
    assert decide(gone, late, WORLD, NOW).effects == (RetractIssues(plan="plan", key="retract:late"),)


def test_what_became_of_its_issues_is_kept_in_the_audit() -> None:
    gone = decide(published(), RETRACT, WORLD, NOW).plan
    news = m.PlanRetracted(plan="plan", cause="k", closed=(2, 1), left=(Left(3, Why.GONE),))
    (event,) = decide(gone, news, WORLD, NOW).events
    assert event.kind == "issues_retracted"
    assert event.facts == {"closed": [2, 1], "left": {"3": "gone"}}
