"""A plan too long for one parent has groups in between, made once, closed with their phases, retracted with the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.github.client import GitHub
from bot.github.errors import AmbiguousWrite
from bot.localhub import Hub
from services.domain.effects import RetractIssues
from services.domain.messages import PlanRetracted
from services.domain.transitions import PhaseState
from services.publishing.forecast import forecast
from services.publishing.publish import next_steps
from tests import plans
from tests.localhub.conftest import REPO, MovedClock

from .conftest import Desk

COUNT = 104


@pytest.fixture
def desk(github: GitHub, hub: Hub, clock: MovedClock) -> Desk:
    keys = " ".join(f"p{number}" for number in range(1, COUNT + 1))
    made = clock() - timedelta(seconds=5)
    return Desk(github, hub, plans.loose(keys, title="Long", project=REPO, tracked=True, created_at=made))


def titles(desk: Desk, number: int) -> list[str]:
    return [issue.title for issue in desk.there.sub_issues(number)]


def groups(desk: Desk) -> dict[str, int]:
    return {issue.title: issue.number for issue in desk.there.sub_issues(desk.ref().number)}


def test_its_phases_are_fifty_to_a_group_in_order_and_within_the_forecast(desk: Desk, hub: Hub) -> None:
    ahead = forecast(desk.plan)
    desk.publish().refresh()
    assert list(groups(desk)) == ["Phases 1–50", "Phases 51–100", "Phases 101–104"]
    assert titles(desk, groups(desk)["Phases 51–100"]) == [f"P{number}" for number in range(51, 101)]
    assert titles(desk, groups(desk)["Phases 101–104"]) == ["P101", "P102", "P103", "P104"]
    assert len(desk.there.issues) == 1 + 3 + COUNT
    assert len(hub.requests) <= ahead.requests + 1


@pytest.mark.parametrize("fault", ["lost_reply", "502_after", "502", "closed"])
def test_a_group_is_made_once_whatever_fails(desk: Desk, hub: Hub, fault: str) -> None:
    desk.carry_out(next_steps(desk.plan)[0])
    first = next_steps(desk.plan)[0]
    for tries in (1, 2):  # the group's answer is lost, then that of the phase
        hub.faults.add("POST", "/issues$", fault)
        with pytest.raises(AmbiguousWrite):
            desk.perform(first, tries=tries)
        desk.restart()
    desk.carry_out(first, tries=3)
    desk.carry_out(next_steps(desk.plan)[0])
    desk.restart()
    desk.carry_out(next_steps(desk.plan)[0])
    assert list(groups(desk)) == ["Phases 1–50"]
    assert titles(desk, groups(desk)["Phases 1–50"]) == ["P1", "P2", "P3"]


def test_a_group_is_closed_while_all_its_phases_are_decided(desk: Desk, hub: Hub) -> None:
    desk.publish().refresh()
    last = groups(desk)["Phases 101–104"]
    for number in range(101, 105):
        desk.ends(f"p{number}")
    desk.refresh()
    assert {issue.state for issue in desk.there.issues if issue.number == last} == {"closed"}
    desk.restart()
    desk.ends("p102", PhaseState.WAITING).refresh()
    assert desk.there.issue(last).state == "open"
    hub.requests.clear()
    desk.refresh()
    assert len(hub.requests) == 0


def test_groups_are_retracted_with_their_plan(desk: Desk, clock: MovedClock) -> None:
    desk.publish()
    desk.plan = replace(desk.plan, retracted_at=clock())
    (news,) = desk.perform(RetractIssues(plan=desk.plan.id, key="retract:1"))
    assert isinstance(news, PlanRetracted)
    assert len(news.closed) == 1 + 3 + COUNT
    assert {issue.state for issue in desk.there.issues} == {"closed"}
