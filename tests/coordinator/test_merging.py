"""What a plan whose results are to be merged does: when it asks, what it hears, what people decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.commands.offers import verbs_for_plan
from services.coordinator.reason_words import of_merge
from services.domain import messages as m
from services.domain.attempts import Changes, Outcome, Result
from services.domain.effects import OpenPull, PostComment, RefreshPull, SayOnIssue, SetIssueState
from services.domain.messages import AttemptFinished
from services.domain.progress import PlanStatus, is_at_rest, plan_status
from services.domain.pull import Pull, PullState
from services.domain.rules import Deliver
from tests.plans import LOCAL, NOW, Story, chain, published

MERGED = replace(LOCAL, deliver=Deliver.PULL_REQUEST)
BRANCH = "phasebot/plan"


def brings(story: Story, key: str, branch: str = BRANCH) -> None:
    """The phase runs, and its result is on this branch."""
    attempt = story.starts(key).attempt(key)
    result = Result(changes=Changes(commit=f"{attempt.fence}", branch=branch, note="pushed to origin"))
    story.tell(AttemptFinished.of("plan", key, attempt.fence, Outcome.PASSED, None, result))


def sees(
    story: Story, state: PullState, number: int = 7, *, branch: str = BRANCH, minute: int = 0, **what: Any
) -> None:
    at = NOW + timedelta(minutes=minute)
    news = m.PullSeen(
        plan="plan", cause=f"{state}/{minute}", by="eve", branch=branch, state=state, number=number, at=at, **what
    )
    assert not story.tell(news).refused


def orders(story: Story, kind: type[m.AskForMerge | m.CompletePlan], **what: Any) -> str:
    return story.tell(kind(plan="plan", cause=f"order/{len(story.effects)}", by="ada", **what)).refused


def asked(story: Story) -> int:
    return sum(isinstance(one, OpenPull) for one in story.effects)


@pytest.fixture
def story() -> Story:
    """A plan whose last phase has just ended."""
    story = Story(published(chain("a b", MERGED)))
    for key in "ab":
        brings(story, key)
    return story


def closed_parents(story: Story) -> list[str]:
    return [one.state for one in story.effects if isinstance(one, SetIssueState) and one.phase is None]


def test_the_last_phase_asks_for_a_merge_and_the_merge_completes_the_plan(story: Story) -> None:
    assert (asked(story), story.plan.pull) == (1, Pull(BRANCH))
    assert (plan_status(story.plan), is_at_rest(story.plan)) == (PlanStatus.RUNNING, False)

    sees(story, PullState.OPEN, url="https://x/7")
    assert (plan_status(story.plan), is_at_rest(story.plan)) == (PlanStatus.RUNNING, True)
    assert of_merge(story.plan.pull or Pull("")) == "waits for the merge of #7"
    assert not closed_parents(story)

    sees(story, PullState.MERGED, minute=1)
    assert plan_status(story.plan) is PlanStatus.COMPLETED
    assert closed_parents(story) == ["closed"]
    assert asked(story) == 1


def test_nothing_is_asked_before_the_last_phase() -> None:
    story = Story(published(chain("a b", MERGED)))
    brings(story, "a")

    assert (asked(story), story.plan.pull) == (0, None)


@pytest.mark.parametrize(
    ("rules", "branch"), [(LOCAL, BRANCH), (replace(LOCAL, deliver=Deliver.BRANCH), BRANCH), (MERGED, "")]
)
def test_a_plan_with_nothing_to_merge_is_completed_at_once(rules: Any, branch: str) -> None:
    story = Story(published(chain("a", rules)))
    brings(story, "a", branch)

    assert (asked(story), plan_status(story.plan)) == (0, PlanStatus.COMPLETED)


def test_a_plan_without_issues_asks_nobody() -> None:
    story = Story(chain("a", MERGED))
    brings(story, "a")

    assert (asked(story), plan_status(story.plan)) == (0, PlanStatus.COMPLETED)


def test_closed_without_a_merge_people_are_told_what_they_can_do(story: Story) -> None:
    sees(story, PullState.OPEN)
    sees(story, PullState.CLOSED, minute=1)

    assert plan_status(story.plan) is PlanStatus.BLOCKED
    [notice] = [one for one in story.effects if isinstance(one, PostComment)]
    assert notice.phase is None
    for verb in ("reopen", "retry", "complete", "cancel"):
        assert f"`/phase {verb}`" in notice.body
        assert verb in verbs_for_plan(story.plan)
    assert "#7 was closed without a merge" in notice.body


def test_reopening_keeps_its_number_and_retrying_asks_for_another(story: Story) -> None:
    for reopen, number in ((True, 7), (False, 0)):
        sees(story, PullState.OPEN, minute=2)
        sees(story, PullState.CLOSED, minute=3)
        assert not orders(story, m.AskForMerge, reopen=reopen)
        assert story.plan.pull is not None
        assert (story.plan.pull.state, story.plan.pull.number) == (PullState.WANTED, number)
        story.plan = replace(story.plan, pull=Pull(BRANCH))

    assert asked(story) == 3


def test_a_person_may_complete_the_plan_without_a_merge(story: Story) -> None:
    sees(story, PullState.OPEN)
    assert not orders(story, m.CompletePlan)

    assert plan_status(story.plan) is PlanStatus.COMPLETED
    sees(story, PullState.CLOSED, minute=1)
    assert plan_status(story.plan) is PlanStatus.COMPLETED


def test_orders_that_fit_no_merge_are_refused_in_words(story: Story) -> None:
    sees(story, PullState.OPEN)
    assert orders(story, m.AskForMerge) == "the pull request is open"
    sees(story, PullState.MERGED, minute=1)
    assert orders(story, m.AskForMerge) == orders(story, m.CompletePlan) == "the plan waits for no merge"


def test_late_news_and_news_of_others_change_nothing(story: Story) -> None:
    sees(story, PullState.CLOSED, number=3)  # an earlier one, of the same branch
    assert story.plan.pull == Pull(BRANCH)
    sees(story, PullState.OPEN, minute=5)
    before = story.plan
    sees(story, PullState.CLOSED, minute=4)
    sees(story, PullState.MERGED, number=8, minute=6)
    sees(story, PullState.MERGED, branch="another", minute=6)

    assert story.plan is before


def test_another_one_from_the_branch_takes_the_place_of_a_closed_one(story: Story) -> None:
    sees(story, PullState.OPEN)
    sees(story, PullState.CLOSED, minute=1)
    sees(story, PullState.OPEN, number=9, minute=2)

    assert (of_merge(story.plan.pull or Pull("")), plan_status(story.plan)) == (
        "waits for the merge of #9",
        PlanStatus.RUNNING,
    )


def test_one_that_cannot_be_opened_is_told_with_the_reason(story: Story) -> None:
    sees(story, PullState.CLOSED, number=0, why="head invalid, @all")

    assert plan_status(story.plan) is PlanStatus.BLOCKED
    [notice] = [one for one in story.effects if isinstance(one, PostComment)]
    assert "could not be opened" in notice.body
    assert "```text\nhead invalid, @" in notice.body  # fenced, so that nobody is mentioned
    assert verbs_for_plan(story.plan)[:2] == ("retry", "complete")


def test_a_phase_that_is_done_again_updates_an_open_one_and_follows_a_merged_one_with_another(story: Story) -> None:
    sees(story, PullState.OPEN)
    story.says(m.ReopenPhase, "b")
    assert plan_status(story.plan) is PlanStatus.RUNNING
    brings(story, "b")
    assert [one.old_title for one in story.effects if isinstance(one, RefreshPull)] == ["Plan"]
    assert asked(story) == 1

    sees(story, PullState.MERGED, minute=1)
    story.says(m.ReopenPhase, "b")
    assert story.plan.pull is None
    brings(story, "b")
    assert asked(story) == 2


def test_an_amendment_after_it_was_opened_updates_it(story: Story) -> None:
    sees(story, PullState.OPEN)
    shapes = tuple(
        m.PhaseShape(key=one.key, title=one.title, needs=story.plan.graph.needs[one.key]) for one in story.plan
    )
    story.tell(m.AmendPlan(plan="plan", cause="amend", title="Better plan", overview="", phases=shapes))

    [effect] = [one for one in story.effects if isinstance(one, RefreshPull)]
    assert (effect.old_title, story.plan.title) == ("Plan", "Better plan")


def test_a_cancelled_plan_waits_for_nothing(story: Story) -> None:
    sees(story, PullState.OPEN)
    story.tell(m.CancelPlan(plan="plan", cause="cancel"))
    sees(story, PullState.CLOSED, minute=1)

    assert plan_status(story.plan) is PlanStatus.CANCELLED


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (m.AskForMerge(plan="plan", cause="c", by="ada"), "`/phase retry` changed nothing"),
        (m.AskForMerge(plan="plan", cause="c", by="ada", reopen=True), "`/phase reopen` changed nothing"),
        (m.CompletePlan(plan="plan", cause="c", by="ada"), "`/phase complete` changed nothing"),
    ],
)
def test_a_command_that_does_not_fit_is_answered_by_its_name(order: m.AskForMerge | m.CompletePlan, said: str) -> None:
    story = Story(published(chain("a", MERGED)))
    decision = story.tell(replace(order, asked=m.Asked(comment=5, issue=1)))

    [answer] = [one for one in decision.effects if isinstance(one, SayOnIssue)]
    assert answer.body == f"{said}: the plan waits for no merge."
