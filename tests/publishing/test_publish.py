"""What is missing of a published plan follows from the plan alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.domain.phase import IssueRef
from services.domain.plan import Plan
from services.publishing.forecast import Forecast, ResumePoint, forecast
from services.publishing.pace import Pace
from services.publishing.publish import is_published, next_steps
from tests import plans


def diamond() -> Plan:
    return plans.plan({"a": "", "b": "a", "c": "a", "d": "b c"}, tracked=True)


def with_issue(plan: Plan, *keys: str) -> Plan:
    for key in keys:
        plan = plan.with_phase(replace(plan.phase(key), issue=IssueRef(1, 100)))
    return plan


def wished(plan: Plan) -> list[str]:
    return [step.key for step in next_steps(plan)]


def test_the_parent_comes_first() -> None:
    assert wished(diamond()) == ["create:plan"]


def test_the_children_follow_in_phase_order() -> None:
    plan = replace(diamond(), issue=IssueRef(1, 100))
    assert wished(plan) == ["create:plan:a", "create:plan:b", "create:plan:c", "create:plan:d"]
    assert wished(with_issue(plan, "a", "c")) == ["create:plan:b", "create:plan:d"]


def test_links_follow_when_every_issue_is_there() -> None:
    plan = with_issue(replace(diamond(), issue=IssueRef(1, 100)), "a", "b", "c", "d")
    assert wished(plan) == ["link:plan:b", "link:plan:c", "link:plan:d"]
    linked = plan.with_phase(replace(plan.phase("c"), linked=True))
    assert wished(linked) == ["link:plan:b", "link:plan:d"]


def test_a_plan_is_published_when_nothing_is_missing() -> None:
    plan = with_issue(replace(diamond(), issue=IssueRef(1, 100)), "a", "b", "c", "d")
    for key in "bcd":
        assert not is_published(plan)
        plan = plan.with_phase(replace(plan.phase(key), linked=True))
    assert is_published(plan)


def test_a_forecast_counts_what_is_missing() -> None:
    assert forecast(diamond()) == Forecast(issues=5, links=4, reports=3)
    assert forecast(diamond()).requests == 4 + 4 + 4
    plan = with_issue(replace(diamond(), issue=IssueRef(1, 100)), "a", "b", "c", "d")
    assert forecast(plan).issues == 0


def test_a_forecast_counts_the_moves_into_groups_of_a_plan_that_grows_too_long() -> None:
    keys = [f"p{number}" for number in range(1, 105)]
    before = with_issue(replace(plans.loose(" ".join(keys[:60])), issue=IssueRef(1, 100)), *keys[:60])
    after = with_issue(replace(plans.loose(" ".join(keys)), issue=IssueRef(1, 100)), *keys[:60])

    assert forecast(after) == Forecast(issues=44 + 1, links=0, reports=3)
    assert forecast(after, before) == Forecast(issues=44 + 1 + 2, links=60 + 2, reports=3)
    assert forecast(after, after) == forecast(after)


def test_a_forecast_says_where_an_hour_is_used_up() -> None:
    pace = Pace()
    assert Forecast(issues=500, links=0, reports=0).resume_points(pace) == ()
    long = Forecast(issues=800, links=400, reports=3).resume_points(pace)
    assert long == (ResumePoint(500, timedelta(hours=1)), ResumePoint(1000, timedelta(hours=2)))


def test_a_forecast_counts_what_was_written_lately() -> None:
    pace = Pace(spent=450)
    assert Forecast(issues=40, links=0, reports=3).duration(pace) == timedelta(seconds=43)
    long = Forecast(issues=97, links=0, reports=3)
    assert long.resume_points(pace) == (ResumePoint(50, timedelta(hours=1)),)
    assert long.duration(pace) == timedelta(hours=1, seconds=50)


def test_a_forecast_knows_how_long_it_takes_at_a_pace() -> None:
    pace = Pace(interval=timedelta(seconds=1), per_minute=80, per_hour=500)
    assert Forecast(issues=5, links=4, reports=3).duration(pace) == timedelta(seconds=12)
    assert Forecast(issues=150, links=0, reports=10).duration(pace) == timedelta(seconds=160)
    assert Forecast(issues=500, links=0, reports=0).duration(pace) == timedelta(hours=1)
    fast = replace(pace, interval=timedelta(0))
    assert Forecast(issues=150, links=0, reports=10).duration(fast) == timedelta(minutes=2)
