"""Verdicts: what checks by tools and CI mean for a phase, and what counts as none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.coordinator.advance import advance
from services.domain.attempts import AttemptKind, AttemptState, Changes, Outcome, Result
from services.domain.effects import DispatchAttempt, StopAttempt
from services.domain.failure import Failure
from services.domain.messages import ApprovePhase, AttemptFinished, AttemptRenewed, CancelPhase, PausePlan, RejectPhase
from services.domain.phase import LOCAL as LOCAL_NAME
from services.domain.phase import OnError, Phase, Qa, QueueStatus, Rules
from services.domain.progress import PlanStatus, is_at_rest, plan_status
from services.domain.reasons import ReasonCode, why_not_running
from services.domain.rules import Deliver
from services.domain.world import Limits
from tests.plans import LOCAL, WORLD, Story, chain, loose, published

NOTHING = Failure("", "")
CHECKED = replace(LOCAL, qa=Qa.TOOL)


def story_to_check(rules: Rules = CHECKED) -> Story:
    """`a` has been worked on and needs its verdict."""
    return Story(chain("a b", {"a": rules})).passes("a")


def test_a_phase_that_passed_is_checked_by_an_attempt_of_its_own() -> None:
    story = story_to_check()
    assert story.statuses == "needs_qa queued"
    assert [one.phase.key for one in advance(story.plan, WORLD, story.now)] == ["a"]

    story.starts("a")

    assert story.statuses == "needs_qa queued"
    attempt = story.attempt("a")
    assert (attempt.number, attempt.fence, attempt.kind) == (2, 2, AttemptKind.QA)
    assert [one.fence for one in story.effects if isinstance(one, DispatchAttempt)] == [1, 2]


def test_a_check_that_passes_completes_the_phase() -> None:
    story = story_to_check().starts("a")

    story.ends("a")

    assert story.statuses == "completed ready"


def test_a_negative_verdict_sends_the_work_back_while_there_are_retries() -> None:
    story = story_to_check(replace(CHECKED, retries=1)).starts("a")

    story.ends("a", "broke")
    assert story.statuses == "ready queued"

    story.waits_until_woken()
    story.passes("a").starts("a").ends("a", "broke")
    assert story.statuses == "failed blocked"
    assert story.phase("a").failures == 1


def test_a_lost_check_is_done_again_and_the_work_is_not() -> None:
    story = story_to_check().starts("a")

    story.ends("a", "lost")

    assert story.statuses == "needs_qa queued"
    assert story.starts("a").attempt("a").kind is AttemptKind.QA


def test_a_check_that_is_lost_again_and_again_gives_no_verdict_and_that_is_a_failure() -> None:
    story = story_to_check()
    for _ in range(WORLD.lost_retries + 1):
        story.starts("a").ends("a", "lost")

    assert story.statuses == "failed blocked"
    failure = story.phase("a").failure
    assert failure is not None
    assert (failure.type, failure.details["cause"]) == ("no_verdict", "exit")


def test_losses_of_the_work_do_not_count_against_its_check() -> None:
    story = Story(loose("a", CHECKED))
    for _ in range(WORLD.lost_retries):
        story.starts("a").ends("a", "lost")

    story.passes("a").starts("a").ends("a", "lost")

    assert story.status("a") == "needs_qa"


def test_a_check_that_failed_for_the_moment_spends_a_retry_of_the_same_ones() -> None:
    story = story_to_check(replace(CHECKED, retries=1)).starts("a")

    story.ends("a", "timed_out", retryable=True)
    assert story.statuses == "needs_qa queued"
    assert (story.phase("a").failures, advance(story.plan, WORLD, story.now)) == (1, ())

    story.waits_until_woken()
    story.starts("a").ends("a", "timed_out", retryable=True)
    assert story.statuses == "failed blocked"
    assert story.phase("a").failure == replace(story.phase("a").failure or NOTHING, type="no_verdict")


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Failure("command_failed", "exit 1", retryable=True, details={"exit_code": 1}), "ready"),
        (Failure("command_failed", "killed", details={"exit_code": -9}), "failed"),
        (Failure("tool_crashed", "KeyError"), "failed"),
        (Failure("transient", "no network", retryable=True), "needs_qa"),
    ],
)
def test_only_a_check_that_looked_at_the_work_says_something_about_it(failure: Failure, status: str) -> None:
    story = story_to_check(replace(CHECKED, retries=1)).starts("a")

    story.tell(AttemptFinished.of("plan", "a", story.attempt("a").fence, Outcome.BROKE, failure))

    assert story.status("a") == status


def test_a_check_without_an_end_is_stopped_at_its_own_time_limit() -> None:
    story = story_to_check(replace(CHECKED, qa_timeout=timedelta(minutes=5), retries=1)).starts("a")

    story.now += timedelta(minutes=1)
    while story.attempt("a").state.is_in_flight:
        story.tell(_renewal(story))
        story.waits(timedelta(seconds=50))

    assert story.attempt("a").state is AttemptState.STOPPING
    assert [one.fence for one in story.effects if isinstance(one, StopAttempt)] == [2]
    assert story.status("a") == "needs_qa"
    reason = why_not_running(story.plan, story.phase("a"), WORLD, story.now)
    assert reason is not None


def test_a_verdict_keeps_what_the_work_has_brought_but_not_what_it_has_cost() -> None:
    brought = Result(modified=False, tokens=7, cost=1.0, changes=Changes(commit="c1", branch="phasebot/site"))
    story = Story(loose("a", CHECKED)).starts("a")
    story.tell(AttemptFinished.of("plan", "a", 1, Outcome.PASSED, None, brought))
    story.starts("a").tell(AttemptFinished.of("plan", "a", 2, Outcome.PASSED, None, Result(tokens=2)))

    attempt = story.attempt("a")
    assert (attempt.kind, story.status("a")) == (AttemptKind.QA, "completed")
    assert attempt.result == Result(modified=False, tokens=2, changes=brought.changes)
    assert attempt.changes is None, "a check changes nothing itself"


def test_a_pull_request_is_wanted_for_what_was_judged() -> None:
    rules = replace(CHECKED, deliver=Deliver.PULL_REQUEST)
    story = Story(published(loose("a", rules))).starts("a")
    brought = Result(changes=Changes(commit="c1", branch="phasebot/site", note="pushed to origin"))
    story.tell(AttemptFinished.of("plan", "a", 1, Outcome.PASSED, None, brought))

    story.passes("a")

    assert story.plan.pull is not None
    assert story.plan.pull.branch == "phasebot/site"


@pytest.mark.parametrize(
    ("rules", "limit"),
    [
        (replace(CHECKED, qa=Qa.CI), "6 h 0 min"),
        (replace(CHECKED, timeout=timedelta(minutes=9)), "9 min 0 s"),
        (replace(CHECKED, timeout=timedelta(minutes=9), qa_timeout=timedelta(minutes=5)), "5 min 0 s"),
    ],
)
def test_a_check_that_is_given_up_says_how_long_it_had(rules: Rules, limit: str) -> None:
    story = story_to_check(rules).starts("a")
    deadline = story.attempt("a").deadline
    assert deadline is not None
    story.now = deadline - timedelta(seconds=1)
    story.tell(_renewal(story))

    story.waits(timedelta(seconds=1))

    failure = story.phase("a").failure or NOTHING
    assert (failure.type, failure.details["cause"]) == ("no_verdict", "timed_out")
    assert failure.message == f"The check ended without a verdict: No result within {limit}."


def _renewal(story: Story) -> AttemptRenewed:
    return AttemptRenewed(plan="plan", cause="alive", phase="a", fence=story.attempt("a").fence)


def test_a_verdict_that_comes_late_counts_while_it_is_waited_for() -> None:
    story = story_to_check().starts("a")
    story.ends("a", "lost")

    story.ends("a")

    assert story.status("a") == "completed"


def test_a_late_verdict_of_an_older_check_is_stale() -> None:
    story = story_to_check().starts("a")
    story.ends("a", "lost")
    story.starts("a")

    decision = story.ends("a", fence=2)

    assert [one.kind for one in decision.events] == ["report_stale"]
    assert story.status("a") == "needs_qa"


@pytest.mark.parametrize(("order", "status"), [(ApprovePhase, "completed"), (RejectPhase, "failed")])
def test_a_person_may_give_the_verdict_first_and_the_check_is_stopped(order: type[ApprovePhase], status: str) -> None:
    story = story_to_check().starts("a")

    story.says(order, "a")

    assert story.status("a") == status
    assert story.attempt("a").state is AttemptState.STOPPING
    assert [one.fence for one in story.effects if isinstance(one, StopAttempt)] == [2]


def test_a_cancelled_phase_has_its_check_stopped() -> None:
    story = story_to_check().starts("a")

    story.says(CancelPhase, "a")

    assert story.status("a") == "cancelled"
    assert story.attempt("a").state is AttemptState.STOPPING


def test_a_check_takes_a_slot_and_says_so_when_there_is_none() -> None:
    story = story_to_check()
    world = replace(WORLD, limits=Limits(executors={LOCAL_NAME: 0}))

    reason = why_not_running(story.plan, story.phase("a"), world, story.now)

    assert reason is not None
    assert reason.code is ReasonCode.SLOT_LIMIT


def test_a_stopped_plan_lets_the_checks_of_what_has_run_finish() -> None:
    rules = {"a": replace(LOCAL, on_error=OnError.FAIL), "b": CHECKED}
    story = Story(loose("a b", rules)).passes("b")
    story.breaks("a")
    assert plan_status(story.plan) is PlanStatus.RUNNING

    story.starts("b").ends("b")

    assert plan_status(story.plan) is PlanStatus.FAILED


def test_a_paused_plan_starts_no_check() -> None:
    story = story_to_check()

    story.says_of_plan(PausePlan)

    assert advance(story.plan, WORLD, story.now) == ()


def test_only_a_person_is_told_that_a_verdict_is_wanted() -> None:
    def comments(rules: Rules) -> list[str]:
        story = Story(published(loose("a", rules))).passes("a")
        return [one.key for one in story.effects if one.kind == "post_comment"]

    assert comments(CHECKED) == []
    assert len(comments(replace(LOCAL, qa=Qa.MANUAL))) == 1


def test_ci_waits_for_what_it_says_by_itself_or_runs_a_workflow() -> None:
    assert replace(LOCAL, qa=Qa.CI).checker == "ci"
    assert replace(LOCAL, qa=Qa.CI, qa_workflow="smoke.yml").checker == "actions"
    checked = Phase("a", 1, "A", rules=CHECKED)
    assert (checked.next_executor, checked.status) == ("local", QueueStatus.QUEUED)


def test_a_plan_is_not_at_rest_before_its_checks_have_ended() -> None:
    story = story_to_check()
    assert not is_at_rest(story.plan)

    story.starts("a").ends("a", "broke")

    assert is_at_rest(story.plan)
