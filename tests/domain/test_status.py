"""Computed status: of phases in the queue, and of whole plans."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.domain import messages as m
from services.domain.phase import Qa
from services.domain.plan import PlanState
from services.domain.progress import PlanStatus, is_completed, plan_status
from tests.plans import BY_HAND, CONTINUE, FAIL, LOCAL, RETRIED, Story, chain, diamond, loose

# ---------------------------------------------------------------- the queue


def test_a_phase_is_ready_when_it_needs_nothing() -> None:
    assert Story(chain("a b c")).statuses == "ready queued queued"


def test_a_phase_is_queued_until_all_it_needs_is_done() -> None:
    story = Story(diamond()).passes("top", "left")
    assert story.statuses == "completed completed ready queued"

    story.passes("right")
    assert story.statuses == "completed completed completed ready"


def test_with_a_plain_chain_a_failure_blocks_all_that_follows() -> None:
    story = Story(chain("a b c d")).passes("a")
    story.breaks("b")

    assert story.statuses == "completed failed blocked blocked"


def test_other_branches_go_on_beside_a_failed_one() -> None:
    story = Story(diamond()).passes("top")
    story.breaks("left")

    assert story.statuses == "completed failed ready blocked"


def test_under_continue_dependents_of_a_failed_phase_go_on() -> None:
    story = Story(chain("a b", CONTINUE))
    story.breaks("a")

    assert story.statuses == "failed ready"


def test_a_skipped_phase_satisfies_and_a_cancelled_one_blocks() -> None:
    story = Story(chain("a b c"))
    story.says(m.SkipPhase, "a")
    assert story.statuses == "skipped ready queued"

    story.says(m.CancelPhase, "b")
    assert story.statuses == "skipped cancelled blocked"


def test_a_satisfied_dependency_is_not_looked_through() -> None:
    story = Story(chain("a b c"))
    story.breaks("a")
    story.says(m.SkipPhase, "b")

    assert story.statuses == "failed skipped ready"


def test_a_retry_upstream_unblocks_everything_below() -> None:
    story = Story(chain("a b c"))
    story.breaks("a")
    story.says(m.RetryPhase, "a")

    assert story.statuses == "ready queued queued"


def test_a_reopened_phase_never_recalls_a_dependent_that_has_started() -> None:
    story = Story(chain("a b c")).passes("a").starts("b")
    story.says(m.ReopenPhase, "a")

    assert story.statuses == "ready running queued"


# ---------------------------------------------------------------- plans


@pytest.mark.parametrize("state", [PlanState.PLANNED, PlanState.PUBLISHING, PlanState.CANCELLED])
def test_some_states_of_a_plan_are_shown_as_they_are(state: PlanState) -> None:
    assert plan_status(chain("a", state=state)).value == state.value


def test_a_plan_with_something_ready_or_in_flight_is_running() -> None:
    story = Story(chain("a b"))
    assert plan_status(story.plan) is PlanStatus.RUNNING

    story.starts("a")
    assert plan_status(story.plan) is PlanStatus.RUNNING


def test_a_plan_that_waits_for_a_verdict_or_a_back_off_is_running() -> None:
    checked = Story(chain("a", replace(LOCAL, qa=Qa.MANUAL))).passes("a")
    timed = Story(chain("a", RETRIED))
    timed.breaks("a", retryable=True)

    assert plan_status(checked.plan) is PlanStatus.RUNNING
    assert plan_status(timed.plan) is PlanStatus.RUNNING


def test_a_plan_is_completed_when_each_phase_is_done_skipped_or_failed_under_continue() -> None:
    story = Story(loose("a b c", {"c": CONTINUE})).passes("a")
    story.says(m.SkipPhase, "b")
    story.breaks("c")

    assert plan_status(story.plan) is PlanStatus.COMPLETED


def test_a_cancelled_phase_lets_a_plan_complete_only_if_nobody_waits_for_it() -> None:
    story = Story(chain("a b"))
    story.says(m.CancelPhase, "a")
    assert not is_completed(story.plan)

    story.says(m.CancelPhase, "b")
    assert is_completed(story.plan)


def test_a_failed_phase_under_skip_leaves_the_plan_blocked() -> None:
    story = Story(chain("a b"))
    story.breaks("a")

    assert plan_status(story.plan) is PlanStatus.BLOCKED


def test_a_plan_has_failed_under_fail_once_nothing_is_in_flight() -> None:
    story = Story(loose("a b", FAIL)).starts("a", "b")
    story.ends("a", "broke")
    assert plan_status(story.plan) is PlanStatus.RUNNING

    story.ends("b")
    assert plan_status(story.plan) is PlanStatus.FAILED


def test_a_paused_plan_is_paused_even_while_the_rest_finishes() -> None:
    story = Story(chain("a b")).starts("a")
    story.says_of_plan(m.PausePlan)
    assert plan_status(story.plan) is PlanStatus.PAUSED

    story.ends("a")
    assert story.statuses == "completed ready"
    assert plan_status(story.plan) is PlanStatus.PAUSED


def test_work_of_a_person_is_running_until_the_person_says_it_is_done() -> None:
    story = Story(chain("a b", BY_HAND)).starts("a")
    assert plan_status(story.plan) is PlanStatus.RUNNING

    story.says(m.CompletePhase, "a")
    assert story.statuses == "completed ready"


def test_a_plan_of_which_only_phases_are_left_that_nobody_asked_for_is_paused() -> None:
    story = Story(replace(loose("a b"), selected=frozenset({"a"})))
    assert plan_status(story.plan) is PlanStatus.RUNNING

    story.passes("a")

    assert plan_status(story.plan) is PlanStatus.PAUSED
