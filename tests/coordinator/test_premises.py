"""Premises: conditions are decided once, when everything a phase needs is done; closed windows are waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from services.coordinator.reports import wake_at
from services.domain import messages as m
from services.domain.attempts import Outcome, Result
from services.domain.effects import PostComment
from services.domain.plan import PlanState
from services.domain.reasons import ReasonCode, why_not_running
from services.domain.windows import Window
from tests.plans import CONTINUE, LOCAL, Story, chain, loose, published, with_rules

TOMORROW = Window((1,), time(9), time(10))  # now it is Monday noon


def story(needs: str, key: str = "b", **rules: Any) -> Story:
    return Story(with_rules(chain(needs, CONTINUE), key, **rules))


def ends_unmodified(told: Story, key: str) -> None:
    fence = told.starts(key).attempt(key).fence
    result = Result(modified=False, tokens=5)
    told.tell(m.AttemptFinished.of("plan", key, fence, Outcome.PASSED, None, result))


def test_a_phase_whose_condition_does_not_hold_is_skipped_and_what_needs_it_goes_on() -> None:
    told = story("a b c", when='failed("A")').passes("a")

    assert told.statuses == "completed skipped ready"


def test_a_phase_whose_condition_holds_is_admitted_once() -> None:
    told = story("a b", when='failed("A")')
    told.breaks("a")
    assert (told.status("b"), told.phase("b").admitted) == ("ready", True)

    told.says(m.CompletePhase, "a")  # the condition would not hold any more
    assert told.status("b") == "ready"


def test_skip_when_is_the_opposite_of_when() -> None:
    assert story("a b", skip_when="failed()").passes("a").status("b") == "ready"
    told = story("a b", skip_when="failed()")
    told.breaks("a")
    assert told.status("b") == "skipped"


def test_one_that_is_skipped_makes_the_next_one_decide() -> None:
    told = story("a b c", when="false")
    told.plan = with_rules(told.plan, "c", only_if='phase_modified("b")')

    told.passes("a")

    assert told.statuses == "completed skipped skipped"


def test_only_if_asks_what_an_attempt_has_said_of_itself() -> None:
    told = story("a b", only_if="phase_modified")
    ends_unmodified(told, "a")
    assert told.status("b") == "skipped"
    assert told.attempt("a").result == Result(modified=False, tokens=5)

    assert story("a b", only_if="phase_modified").passes("a").status("b") == "ready"


def test_a_first_phase_is_decided_at_the_start() -> None:
    told = Story(replace(with_rules(loose("a"), "a", when='plan.project == "other/one"'), state=PlanState.PLANNED))

    told.says_of_plan(m.StartPlan)

    assert told.status("a") == "skipped"


def test_nothing_is_decided_before_all_issues_are_there() -> None:
    made = with_rules(published(loose("a")), "a", when="false")
    bare = replace(made.phase("a"), issue=None)
    told = Story(replace(made.with_phase(bare), state=PlanState.PUBLISHING))
    assert told.status("a") == "ready"

    issue = published(loose("a")).phase("a").issue
    assert issue is not None
    told.tell(m.IssueCreated(plan="plan", cause="i", phase="a", issue=issue))

    assert told.status("a") == "skipped"
    assert any(isinstance(one, PostComment) and "when: false" in one.body for one in told.effects)


def test_a_person_may_want_it_all_the_same() -> None:
    told = story("a b", when="false").passes("a")

    told.says(m.ReopenPhase, "b")
    assert told.status("b") == "ready"
    told.starts("b").ends("b")
    assert told.status("b") == "completed"


def test_a_phase_that_was_not_selected_is_not_decided() -> None:
    told = story("a b", when="false")
    told.plan = replace(told.plan, selected=frozenset("a"))

    assert told.passes("a").status("b") == "ready"

    told.says_of_plan(m.StartPlan)
    assert told.status("b") == "skipped"


def test_a_closed_window_is_waited_for_and_nothing_else_starts_it() -> None:
    told = Story(loose("a", replace(LOCAL, windows=(TOMORROW,))))
    told.says_of_plan(m.SetPriority, priority=20)  # any word to the plan will do
    reason = why_not_running(told.plan, told.phase("a"), told.world, told.now)
    opens = datetime(2026, 1, 6, 9, tzinfo=UTC)
    assert reason is not None
    assert (reason.code, reason.until, wake_at(told.plan, told.world)) == (ReasonCode.WINDOW_CLOSED, opens, opens)
    claim = m.ClaimPhase(plan="plan", cause="too early", phase="a")
    assert told.tell(claim).refused

    told.waits_until_woken()

    assert why_not_running(told.plan, told.phase("a"), told.world, told.now) is None
    told.starts("a")


def test_a_retry_waits_for_the_window_too() -> None:
    told = Story(loose("a", replace(LOCAL, retries=1, windows=(Window((0,), time(12), time(12, 30)),))))
    told.starts("a")
    told.now += timedelta(minutes=31)
    told.ends("a", "broke", retryable=True)

    told.waits_until_woken()  # the back-off is over, the window is closed

    reason = why_not_running(told.plan, told.phase("a"), told.world, told.now)
    assert reason is not None
    assert (reason.code, reason.until) == (ReasonCode.WINDOW_CLOSED, datetime(2026, 1, 12, 12, tzinfo=UTC))
