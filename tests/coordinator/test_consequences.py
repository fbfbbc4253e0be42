"""What follows from a change: issues opened and closed, comments posted, the parent brought up to date."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.domain import messages as m
from services.domain.effects import CreateIssue, LinkDependencies, PostComment, RefreshParent, SetIssueState
from services.domain.phase import IssueRef, Qa, Rules
from services.domain.plan import Plan, PlanState
from tests.plans import CONTINUE, LOCAL, Story, chain, loose, published

GATED = replace(LOCAL, approval=True)
CHECKED = replace(LOCAL, qa=Qa.MANUAL)


@pytest.fixture
def story() -> Story:
    return Story(published(chain("a b c")))


def issues_set(story: Story) -> list[tuple[str | None, str, str]]:
    return [(one.phase, one.state, one.reason) for one in story.effects if isinstance(one, SetIssueState)]


def comments(story: Story) -> list[tuple[str | None, str]]:
    """Where each comment goes, and its first line."""
    return [(one.phase, one.body.splitlines()[0]) for one in story.effects if isinstance(one, PostComment)]


def refreshes(story: Story) -> int:
    return sum(isinstance(one, RefreshParent) for one in story.effects)


def test_the_child_of_a_completed_phase_is_closed(story: Story) -> None:
    story.passes("a")

    assert issues_set(story) == [("a", "closed", "completed")]


def test_the_child_of_a_skipped_or_cancelled_phase_is_closed_as_not_planned(story: Story) -> None:
    story.says(m.SkipPhase, "a")
    story.says(m.CancelPhase, "b")

    assert issues_set(story) == [("a", "closed", "not_planned"), ("b", "closed", "not_planned")]


def test_the_child_of_a_failed_phase_stays_open(story: Story) -> None:
    story.breaks("a")

    assert issues_set(story) == []


def test_the_child_of_a_phase_to_be_done_again_is_reopened(story: Story) -> None:
    story.passes("a")
    story.says(m.ReopenPhase, "a")

    assert issues_set(story)[-1] == ("a", "open", "reopened")


def test_a_child_closed_as_not_planned_is_closed_as_completed_once_the_phase_is(story: Story) -> None:
    story.says(m.CancelPhase, "a")
    story.says(m.CompletePhase, "a")

    assert issues_set(story)[-1] == ("a", "closed", "completed")


def test_the_parent_is_closed_with_the_last_phase_and_reopened_when_one_is_to_be_done_again(story: Story) -> None:
    story.passes("a", "b", "c")
    assert issues_set(story)[-1] == (None, "closed", "completed")

    story.says(m.ReopenPhase, "b")
    assert issues_set(story)[-1] == (None, "open", "reopened")


def test_the_parent_of_a_cancelled_plan_is_closed_as_not_planned_and_reopened_on_resume(story: Story) -> None:
    story.says_of_plan(m.CancelPlan)
    assert issues_set(story)[-1] == (None, "closed", "not_planned")

    story.says_of_plan(m.ResumePlan)
    assert issues_set(story)[-1] == (None, "open", "reopened")


def test_a_parent_that_appears_after_the_plan_was_cancelled_is_closed() -> None:
    story = Story(unpublished())
    story.says_of_plan(m.StartPlan)
    story.says_of_plan(m.CancelPlan)
    assert issues_set(story) == []

    story.tell(m.IssueCreated(plan="plan", cause="created", phase=None, issue=IssueRef(1, 1000)))

    assert issues_set(story) == [(None, "closed", "not_planned")]


def test_a_child_that_appears_after_the_phase_was_skipped_is_closed() -> None:
    story = Story(unpublished())
    story.says_of_plan(m.StartPlan)
    story.says(m.SkipPhase, "a")

    story.tell(m.IssueCreated(plan="plan", cause="created", phase="a", issue=IssueRef(2, 1001)))

    assert issues_set(story) == [("a", "closed", "not_planned")]


def test_publishing_goes_step_by_step_and_ends_with_the_plan_active() -> None:
    story = Story(unpublished())
    story.says_of_plan(m.StartPlan)
    assert steps(story) == [("create", None)]

    story.tell(m.IssueCreated(plan="plan", cause="i0", phase=None, issue=IssueRef(1, 1000)))
    assert steps(story)[1:] == [("create", "a"), ("create", "b")]

    for place, key in enumerate("ab", start=1):
        issue = IssueRef(1 + place, 1000 + place)
        story.tell(m.IssueCreated(plan="plan", cause=f"i{place}", phase=key, issue=issue))
    assert steps(story)[3:] == [("link", "b")]
    assert story.plan.state.value == "publishing"

    story.tell(m.DependenciesLinked(plan="plan", cause="l", phase="b"))
    assert story.plan.state.value == "active"


def test_an_issue_reported_twice_keeps_its_first_number(story: Story) -> None:
    decision = story.tell(m.IssueCreated(plan="plan", cause="again", phase="a", issue=IssueRef(99, 99)))

    assert story.phase("a").issue == IssueRef(2, 1001)
    assert decision.effects == ()


def test_a_failure_is_told_on_the_child_and_what_it_blocks_once_on_the_parent(story: Story) -> None:
    story.breaks("a")

    assert comments(story) == [
        ("a", "**A** failed on attempt 1 after 0.0 s."),
        (None, "**2 phases are blocked**: **A** (#2) failed (`exit`)."),
    ]


def test_a_failure_that_blocks_nobody_is_told_only_on_the_child() -> None:
    story = Story(published(chain("a b", CONTINUE)))
    story.breaks("a")

    assert [where for where, _ in comments(story)] == ["a"]


def test_a_failure_that_will_be_retried_is_not_told() -> None:
    story = Story(published(chain("a b", replace(LOCAL, retries=1))))
    story.breaks("a", retryable=True)

    assert comments(story) == []
    assert refreshes(story) == 2, "the start and the retry are shown all the same"


def test_nothing_is_told_when_nothing_new_is_true(story: Story) -> None:
    story.breaks("a")
    told = comments(story)

    story.ends("a", "broke", fence=1)
    story.says(m.CancelPhase, "b")

    assert comments(story) == told


def test_a_phase_that_fails_again_after_a_retry_is_told_again(story: Story) -> None:
    story.breaks("a")
    story.says(m.RetryPhase, "a")
    story.breaks("a")

    assert [where for where, _ in comments(story)] == ["a", None, "a", None]


def test_a_verdict_is_asked_for() -> None:
    story = Story(published(chain("a b", CHECKED)))
    story.passes("a")

    assert comments(story) == [("a", "**A** is done and waits for a verdict on attempt 1 after 0.0 s.")]


def test_approval_is_asked_for_when_nothing_else_is_missing() -> None:
    story = Story(published(chain("a b", {"b": GATED})))
    assert comments(story) == []

    story.passes("a")

    assert comments(story) == [("b", "**B** could start now and waits for approval, as the policy asks.")]


def test_approval_of_a_first_phase_is_asked_for_when_the_plan_starts_and_not_again_after_a_pause() -> None:
    story = Story(replace(published(loose("a", GATED)), state=PlanState.PLANNED))
    story.says_of_plan(m.StartPlan)
    assert [where for where, _ in comments(story)] == ["a"]

    story.says_of_plan(m.PausePlan)
    story.says_of_plan(m.ResumePlan)

    assert [where for where, _ in comments(story)] == ["a"]


def test_a_phase_without_an_issue_is_not_commented_on() -> None:
    story = Story(replace(unpublished({"a": GATED}), issue=IssueRef(1, 1000)))
    story.says(m.RejectPhase, "a", why="Not like this.")

    assert [where for where, _ in comments(story)] == [None]


def test_a_draft_has_nowhere_to_tell_anything() -> None:
    story = Story(unpublished())
    story.says(m.CancelPhase, "a")

    assert story.effects == []


def test_the_parent_is_refreshed_only_when_something_it_shows_has_changed(story: Story) -> None:
    story.starts("a")
    shown = refreshes(story)

    story.tell(m.AttemptRenewed(plan="plan", cause="beat", phase="a", fence=1))
    story.tell(m.AttemptRenewed(plan="plan", cause="late beat", phase="a", fence=0))
    story.says_of_plan(m.StartPlan)
    assert refreshes(story) == shown

    story.ends("a")
    assert refreshes(story) == shown + 1


def test_a_plan_without_issues_only_runs() -> None:
    story = Story(chain("a b"))
    story.passes("a")
    story.breaks("b")

    assert {effect.kind for effect in story.effects} == {"dispatch_attempt"}


def test_every_change_of_state_is_an_event_with_its_cause_and_author(story: Story) -> None:
    decision = story.says(m.SkipPhase, "a", by="grace")

    [event] = decision.events
    assert (event.kind, event.phase, event.by, event.cause) == ("phase_skipped", "a", "grace", "cause-1")
    assert event.facts == {"from": "waiting"}


def test_the_event_of_a_failure_says_which_attempt_and_why(story: Story) -> None:
    [event] = story.breaks("a").events

    assert event.facts == {"from": "running", "attempt": 1, "error": "a broke"}


def test_the_change_of_a_plan_is_an_event(story: Story) -> None:
    [event] = story.says_of_plan(m.PausePlan).events

    assert (event.kind, event.phase, event.facts) == ("plan_paused", None, {"from": "active"})


def test_what_follows_has_keys_from_its_cause() -> None:
    here, there = (Story(published(chain("a b c"))).breaks("a") for _ in range(2))

    assert [one.key for one in here.effects] == [one.key for one in there.effects]
    assert len({one.key for one in here.effects}) == len(here.effects)


def unpublished(rules: dict[str, Rules] | None = None) -> Plan:
    return replace(chain("a b", rules or {}), tracked=True, state=PlanState.PLANNED)


def steps(story: Story) -> list[tuple[str, str | None]]:
    words = {CreateIssue: "create", LinkDependencies: "link"}
    return [(words[type(one)], one.phase) for one in story.effects if isinstance(one, CreateIssue | LinkDependencies)]
