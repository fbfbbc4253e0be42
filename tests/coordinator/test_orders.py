"""What people order: verbs of phases and of plans, and the answers where they do not fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.domain import messages as m
from services.domain.attempts import AttemptState
from services.domain.effects import DispatchAttempt, StopAttempt
from services.domain.phase import Qa
from services.domain.plan import PlanState
from tests.plans import BY_HAND, LOCAL, RETRIED, Order, Story, chain, loose

GATED = replace(LOCAL, approval=True)
CHECKED = replace(LOCAL, qa=Qa.MANUAL)


def stops(story: Story) -> list[tuple[str, int]]:
    return [(one.phase, one.fence) for one in story.effects if isinstance(one, StopAttempt)]


# ---------------------------------------------------------------- one phase


@pytest.mark.parametrize(
    ("order", "status"), [(m.CompletePhase, "completed"), (m.SkipPhase, "skipped"), (m.CancelPhase, "cancelled")]
)
def test_deciding_a_running_phase_by_hand_stops_its_run(order: Order, status: str) -> None:
    story = Story(chain("a b")).starts("a")
    story.says(order, "a")

    assert story.status("a") == status
    assert story.attempt("a").state is AttemptState.STOPPING
    assert stops(story) == [("a", 1)]


def test_dependents_start_only_once_the_old_run_has_ended() -> None:
    story = Story(chain("a b")).starts("a")
    story.says(m.CompletePhase, "a")
    assert story.says(m.ClaimPhase, "b").refused == "a phase that is ready cannot be started now"

    story.ends("a", "cancelled")
    assert story.attempt("a").state is AttemptState.CANCELLED
    story.starts("b")


def test_a_success_that_comes_after_the_order_changes_nothing_but_confirms_the_end() -> None:
    story = Story(chain("a b")).starts("a")
    story.says(m.CancelPhase, "a")
    story.ends("a", "passed")

    assert story.statuses == "cancelled blocked"
    assert story.attempt("a").state is AttemptState.CANCELLED


def test_a_person_who_completes_their_own_work_has_nothing_to_stop() -> None:
    story = Story(chain("a b", BY_HAND)).starts("a")
    story.says(m.CompletePhase, "a")

    assert story.effects == []
    assert story.attempt("a").state is AttemptState.SUCCEEDED
    story.starts("b")


def test_retry_runs_a_failed_phase_again() -> None:
    story = Story(chain("a b"))
    story.breaks("a")
    story.says(m.RetryPhase, "a")

    assert (story.phase("a").failure, story.phase("a").losses) == (None, 0)
    assert story.starts("a").attempt("a").number == 2


@pytest.mark.parametrize("order", [m.RetryPhase, m.ReopenPhase, m.ApprovePhase, m.RejectPhase])
def test_an_order_that_does_not_fit_is_refused_in_words_and_changes_nothing(order: Order) -> None:
    story = Story(chain("a b")).starts("a")
    before = story.plan

    decision = story.says(order, "a")

    assert decision.refused
    assert decision.plan is before
    assert decision.effects == ()
    [event] = decision.events
    assert (event.kind, event.by, event.facts["why"]) == ("order_refused", "ada", decision.refused)


def test_an_order_about_a_phase_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        Story(chain("a")).says(m.RetryPhase, "nowhere")


# ---------------------------------------------------------------- gates and verdicts


def test_a_gated_phase_starts_once_approved_and_keeps_its_approval_for_retries() -> None:
    story = Story(chain("a", replace(GATED, retries=1)))
    assert story.says(m.ClaimPhase, "a").refused

    story.says(m.ApprovePhase, "a", by="grace")
    assert story.phase("a").approved_by == "grace"
    story.breaks("a", retryable=True)
    story.waits_until_woken()
    story.starts("a")


def test_a_phase_rejected_at_its_gate_has_failed() -> None:
    story = Story(chain("a b", {"a": GATED}))
    story.says(m.RejectPhase, "a", why="Too risky.")

    assert story.statuses == "failed blocked"
    failure = story.phase("a").failure
    assert failure is not None
    assert (failure.type, failure.message, failure.details) == ("rejected", "Too risky.", {"by": "ada"})


def test_rejected_work_is_done_again_while_retries_are_left() -> None:
    story = Story(chain("a", replace(CHECKED, retries=1))).passes("a")
    story.says(m.RejectPhase, "a")
    assert story.statuses == "ready"

    story.passes("a").says(m.RejectPhase, "a")
    assert story.statuses == "failed"


def test_an_approval_is_asked_for_once() -> None:
    story = Story(chain("a", GATED))
    story.says(m.ApprovePhase, "a")

    assert story.says(m.ApprovePhase, "a").refused == "nothing about this phase waits for approval"
    assert story.says(m.RejectPhase, "a").refused == "nothing about this phase waits for a verdict"


# ---------------------------------------------------------------- the whole plan


def test_a_draft_without_issues_becomes_active_at_once() -> None:
    story = Story(chain("a", state=PlanState.PLANNED))
    story.says_of_plan(m.StartPlan)

    assert story.plan.state is PlanState.ACTIVE


def test_starting_again_changes_the_selection() -> None:
    story = Story(loose("a b"))
    story.says_of_plan(m.StartPlan, selected=frozenset({"b"}))
    assert story.says(m.ClaimPhase, "a").refused

    story.starts("b").says_of_plan(m.StartPlan)
    story.starts("a")


def test_a_paused_plan_starts_nothing_and_lets_what_runs_finish() -> None:
    story = Story(chain("a b")).starts("a")
    story.says_of_plan(m.PausePlan)
    story.ends("a")
    assert story.says(m.ClaimPhase, "b").refused

    story.says_of_plan(m.ResumePlan)
    story.starts("b")


def test_cancelling_a_plan_stops_what_runs_and_gives_up_the_rest() -> None:
    story = Story(loose("a b c d")).passes("a").starts("b")
    story.breaks("c")
    story.says_of_plan(m.CancelPlan)

    assert story.statuses == "completed cancelled failed cancelled"
    assert stops(story) == [("b", 2)]


def test_resuming_a_cancelled_plan_does_what_was_cancelled_once_old_runs_have_ended() -> None:
    story = Story(chain("a b")).starts("a")
    story.says_of_plan(m.CancelPlan)
    story.says_of_plan(m.ResumePlan)
    assert story.statuses == "ready queued"
    assert story.says(m.ClaimPhase, "a").refused

    story.ends("a", "cancelled")
    story.passes("a", "b")
    assert story.statuses == "completed completed"


@pytest.mark.parametrize(
    ("state", "order", "words"),
    [
        (PlanState.CANCELLED, m.StartPlan, "a cancelled plan is resumed, not started"),
        (PlanState.CANCELLED, m.CancelPlan, "the plan is cancelled already"),
        (PlanState.ACTIVE, m.ResumePlan, "a plan that is active cannot be resumed"),
        (PlanState.PAUSED, m.PausePlan, "a plan that is paused cannot be paused"),
    ],
)
def test_an_order_that_does_not_fit_the_plan_is_refused(state: PlanState, order: Order, words: str) -> None:
    assert Story(chain("a", state=state)).says_of_plan(order).refused == words


def test_priority_is_set_for_a_plan_or_a_phase() -> None:
    story = Story(chain("a b"))
    story.says_of_plan(m.SetPriority, priority=10)
    story.says_of_plan(m.SetPriority, priority=90, phase="b")

    assert (story.plan.priority, story.phase("a").priority, story.phase("b").priority) == (10, None, 90)


def test_the_same_thing_ordered_twice_leaves_the_plan_itself() -> None:
    story = Story(chain("a"))
    story.says_of_plan(m.SetPriority, priority=10)
    before = story.plan

    assert story.says_of_plan(m.SetPriority, priority=10).plan is before


def test_a_claim_is_refused_while_an_attempt_is_in_flight() -> None:
    story = Story(chain("a", RETRIED)).starts("a")
    story.now += timedelta(seconds=1)

    assert story.says(m.ClaimPhase, "a").refused == "a phase that is running cannot be started now"
    assert sum(isinstance(one, DispatchAttempt) for one in story.effects) == 1
