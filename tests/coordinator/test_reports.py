"""What executors and the clock report: success, failure, retries, losses, timeouts, leases, and late news."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.coordinator.reports import wake_at
from services.coordinator.retries import back_off
from services.domain import messages as m
from services.domain.attempts import AttemptState
from services.domain.effects import DispatchAttempt, StopAttempt
from services.domain.phase import Phase, Qa
from services.domain.transitions import PhaseState
from services.domain.world import World
from tests.plans import BY_HAND, FAIL, LOCAL, NOW, RETRIED, WORLD, Story, chain, loose

TIMED = replace(LOCAL, timeout=timedelta(minutes=5))
TIMED_AND_RETRIED = replace(TIMED, retries=1)
CHECKED = replace(LOCAL, qa=Qa.MANUAL)
LEASE, GRACE = WORLD.lease, WORLD.kill_grace
INSTANT = timedelta(microseconds=1)


# ---------------------------------------------------------------- starting and ending


def test_a_claim_begins_an_attempt_and_dispatches_it() -> None:
    story = Story(chain("a b")).starts("a")

    attempt = story.attempt("a")
    assert (attempt.number, attempt.fence, attempt.state, attempt.holder) == (1, 1, AttemptState.CLAIMED, "here")
    assert attempt.lease_until == NOW + LEASE
    assert story.effects == [DispatchAttempt(plan="plan", key="dispatch:plan:1", phase="a", fence=1, executor="local")]


def test_an_attempt_runs_once_its_executor_says_so() -> None:
    story = Story(chain("a")).starts("a")
    story.runs("a")

    assert story.attempt("a").state is AttemptState.RUNNING


def test_fences_count_the_claims_of_the_whole_plan() -> None:
    story = Story(loose("a b")).starts("a", "b")

    assert [story.attempt(key).fence for key in "ab"] == [1, 2]
    assert story.plan.fences == 2


def test_a_phase_that_passed_is_completed() -> None:
    story = Story(chain("a b")).passes("a")

    assert story.statuses == "completed ready"
    assert story.attempt("a").state is AttemptState.SUCCEEDED
    assert story.phase("a").finished_at == NOW


@pytest.mark.parametrize("how", ["broke", "timed_out", "cancelled"])
def test_a_phase_without_retries_fails_with_its_attempt(how: str) -> None:
    story = Story(chain("a b")).starts("a")
    story.ends("a", how, retryable=True)

    assert story.statuses == "failed blocked"
    assert story.phase("a").failure is not None


# ---------------------------------------------------------------- late news


def test_a_report_of_an_older_attempt_is_stale_and_changes_nothing() -> None:
    story = Story(chain("a", RETRIED))
    story.breaks("a", retryable=True)
    story.waits(timedelta(minutes=1))
    before = story.starts("a").plan

    decision = story.ends("a", "passed", fence=1)

    assert decision.plan is before
    assert decision.effects == ()
    assert [event.kind for event in decision.events] == ["report_stale"]


def test_the_same_report_twice_is_stale_the_second_time() -> None:
    story = Story(chain("a b")).passes("a")
    before = story.plan

    decision = story.ends("a", "broke")

    assert decision.plan is before
    assert [event.kind for event in decision.events] == ["report_stale"]


def test_a_start_reported_after_the_end_is_stale() -> None:
    story = Story(chain("a")).passes("a")

    assert [event.kind for event in story.runs("a").events] == ["report_stale"]


def test_a_report_about_a_phase_that_is_gone_is_stale() -> None:
    story = Story(chain("a"))
    report = m.AttemptStarted(plan="plan", cause="late", phase="gone", fence=1)

    assert [event.kind for event in story.tell(report).events] == ["report_stale"]


def test_a_late_success_of_a_lost_attempt_counts_until_a_newer_one_is_claimed() -> None:
    story = Story(chain("a b")).starts("a")
    story.waits(LEASE + GRACE)
    assert story.statuses == "ready queued"

    story.ends("a")

    assert story.statuses == "completed ready"
    assert story.attempt("a").state is AttemptState.SUCCEEDED


def test_a_late_success_after_a_newer_claim_is_stale() -> None:
    story = Story(chain("a b")).starts("a")
    story.waits(LEASE + GRACE)
    story.starts("a").ends("a", "passed", fence=1)

    assert story.statuses == "running queued"


def test_a_late_success_mends_a_phase_that_failed_by_its_loss() -> None:
    story = Story(chain("a b"), world=replace(WORLD, lost_retries=0)).starts("a")
    story.waits(LEASE + GRACE)
    assert story.statuses == "failed blocked"

    story.ends("a")
    assert story.statuses == "completed ready"
    assert story.phase("a").failure is None


def test_a_late_failure_of_a_lost_attempt_is_stale() -> None:
    story = Story(chain("a")).starts("a")
    story.waits(LEASE + GRACE)
    story.ends("a", "broke")

    assert story.statuses == "ready"


def test_a_late_success_never_passes_by_a_verdict() -> None:
    story = Story(chain("a", CHECKED)).starts("a")
    story.waits(LEASE + GRACE)
    story.ends("a")

    assert story.statuses == "ready"


# ---------------------------------------------------------------- retries


def test_a_retryable_failure_is_retried_after_a_back_off() -> None:
    story = Story(chain("a", RETRIED))
    story.breaks("a", retryable=True)
    assert (story.statuses, story.phase("a").failures) == ("ready", 1)
    assert story.says(m.ClaimPhase, "a").refused, "not before the back-off has ended"

    story.waits_until_woken()
    story.starts("a")

    assert story.attempt("a").number == 2


def test_a_failure_without_hope_is_not_retried() -> None:
    story = Story(chain("a", RETRIED))
    story.breaks("a", retryable=False)

    assert story.statuses == "failed"


def test_retries_are_spent_and_restored_by_hand() -> None:
    story = Story(chain("a", RETRIED))
    story.breaks("a", retryable=True)
    story.waits_until_woken()
    story.breaks("a", retryable=True)
    assert story.statuses == "failed"

    story.says(m.RetryPhase, "a")
    story.breaks("a", retryable=True)
    assert (story.statuses, story.phase("a").failures) == ("ready", 1)


def test_back_off_doubles_up_to_its_cap_and_jitters_by_a_fifth() -> None:
    cap = timedelta(minutes=10)
    for failures in range(40):
        whole = min(cap, LOCAL.retry_delay * 2**failures)
        for key in "abcdefgh":
            phase = Phase(key=key, ordinal=1, title=key, rules=LOCAL, failures=failures, attempts=failures + 1)
            assert whole * 0.8 <= back_off(phase, cap) <= whole * 1.2


def test_back_off_differs_between_phases_and_attempts_but_never_between_two_looks() -> None:
    cap = timedelta(hours=1)
    phases = [Phase(key=key, ordinal=1, title=key, attempts=tries) for key in "abcdefgh" for tries in range(8)]
    delays = [back_off(phase, cap) for phase in phases]

    assert len(set(delays)) == len(phases)
    assert delays == [back_off(phase, cap) for phase in phases]


def test_a_back_off_that_ended_is_not_waited_for_again() -> None:
    story = Story(chain("a", RETRIED))
    story.says_of_plan(m.PausePlan)
    story.says_of_plan(m.ResumePlan)
    story.breaks("a", retryable=True)
    story.says_of_plan(m.PausePlan)

    story.waits_until_woken()

    assert wake_at(story.plan, WORLD) is None


# ---------------------------------------------------------------- leases and losses


def test_a_heartbeat_prolongs_the_lease() -> None:
    story = Story(chain("a")).starts("a")
    story.now += timedelta(seconds=50)
    story.tell(m.AttemptRenewed(plan="plan", cause="beat", phase="a", fence=1))
    story.waits(timedelta(seconds=59))

    assert story.statuses == "running"


def test_an_attempt_is_lost_when_its_lease_and_the_kill_grace_have_passed() -> None:
    story = Story(chain("a")).starts("a")
    story.waits(LEASE + GRACE - INSTANT)
    assert story.statuses == "running"

    story.waits(INSTANT)
    assert story.statuses == "ready"
    assert story.attempt("a").state is AttemptState.LOST
    assert story.phase("a").losses == 1


def test_a_lost_attempt_spends_no_retry_but_is_given_up_in_the_end() -> None:
    story = Story(chain("a", RETRIED))
    for losses in range(1, WORLD.lost_retries + 1):
        story.starts("a").waits(LEASE + GRACE)
        assert (story.statuses, story.phase("a").losses, story.phase("a").failures) == ("ready", losses, 0)

    story.starts("a").waits(LEASE + GRACE)
    assert story.statuses == "failed"


def test_an_executor_may_say_itself_that_an_attempt_is_lost() -> None:
    story = Story(chain("a")).starts("a")
    story.ends("a", "lost")

    assert (story.statuses, story.phase("a").losses) == ("ready", 1)


def test_several_leases_may_run_out_at_once() -> None:
    story = Story(loose("a b c")).starts("a", "b")
    story.waits(LEASE + GRACE)

    assert [story.phase(key).losses for key in "abc"] == [1, 1, 0]


def test_a_persons_work_has_no_lease_and_no_timeout() -> None:
    story = Story(chain("a", replace(BY_HAND, timeout=timedelta(minutes=1)))).starts("a")
    assert wake_at(story.plan, WORLD) is None
    assert story.effects == []

    story.waits(timedelta(days=400))
    assert story.statuses == "running"


# ---------------------------------------------------------------- deadlines


def kept_alive_to_the_deadline(story: Story) -> None:
    deadline = story.attempt("a").deadline
    assert deadline is not None
    story.now = deadline - timedelta(seconds=1)
    story.tell(m.AttemptRenewed(plan="plan", cause="beat", phase="a", fence=1))
    story.waits(timedelta(seconds=1))


def test_past_its_deadline_an_attempt_is_stopped_and_the_phase_fails() -> None:
    story = Story(chain("a b", TIMED)).starts("a")
    kept_alive_to_the_deadline(story)

    assert story.statuses == "failed blocked"
    assert story.attempt("a").state is AttemptState.STOPPING
    assert story.phase("a").failure == story.attempt("a").failure
    assert "No result within 5 min 0 s." in str(story.attempt("a").failure)
    assert story.effects[-1] == StopAttempt(plan="plan", key="stop:plan:1", phase="a", fence=1, executor="local")


def test_after_a_timeout_the_retry_waits_until_the_old_run_has_ended() -> None:
    story = Story(chain("a", TIMED_AND_RETRIED)).starts("a")
    kept_alive_to_the_deadline(story)
    story.now += timedelta(seconds=20)
    assert story.says(m.ClaimPhase, "a").refused

    story.ends("a", "cancelled")

    assert story.attempt("a").state is AttemptState.TIMED_OUT
    assert story.starts("a").attempt("a").number == 2


def test_a_run_that_never_confirms_its_end_is_taken_for_dead_when_its_lease_is_over() -> None:
    story = Story(chain("a", TIMED_AND_RETRIED)).starts("a")
    kept_alive_to_the_deadline(story)

    story.waits_until_woken()

    assert story.attempt("a").state is AttemptState.LOST
    assert story.starts("a").attempt("a").number == 2


# ---------------------------------------------------------------- on_error: fail


def test_under_fail_nothing_new_starts_and_what_runs_may_finish() -> None:
    story = Story(loose("a b c", FAIL)).starts("a", "b")
    story.ends("a", "broke")
    assert story.says(m.ClaimPhase, "c").refused

    story.ends("b")
    assert story.statuses == "failed completed ready"


# ---------------------------------------------------------------- verdicts


def test_work_with_a_verdict_waits_for_it() -> None:
    story = Story(chain("a b", CHECKED)).passes("a")
    assert story.statuses == "needs_qa queued"

    story.says(m.ApprovePhase, "a")
    assert story.statuses == "completed ready"


def test_the_next_moment_is_the_earliest_of_leases_deadlines_and_back_offs() -> None:
    world = World(lease=timedelta(hours=1))
    story = Story(loose("a b", {"a": TIMED, "b": RETRIED}), world=world).starts("a")
    assert wake_at(story.plan, world) == NOW + timedelta(minutes=5) + world.kill_grace

    story.breaks("b", retryable=True)
    assert wake_at(story.plan, world) == story.phase("b").not_before
    assert story.phase("b").state is PhaseState.WAITING
