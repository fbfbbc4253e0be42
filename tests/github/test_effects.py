"""Comments and states: said once, set once, wherever the issue is by now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.github.errors import AmbiguousWrite
from bot.github.events.issues import IssueEvent
from bot.localhub import Hub
from services.domain.effects import PostComment, StopAttempt
from services.domain.errors import NotFound, TransientError
from services.domain.messages import OwnDeed
from services.publishing.markers import Marker, MarkerKind, Markers
from tests.localhub.conftest import REPO, MovedClock
from tests.localhub.receiver import Receiver

from .conftest import KEY, Desk


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return desk.publish()


def test_a_notice_is_said_on_the_issue_of_its_phase(desk: Desk) -> None:
    desk.says("**Phase 2** failed.", "b", key="failed:1:b")
    (comment,) = desk.comments("b")
    assert comment.body.startswith("**Phase 2** failed.\n\n<!-- phasebot:comment ")
    assert Markers(KEY).find(comment.body) == Marker(MarkerKind.COMMENT, "plan", "failed:1:b")


def test_a_notice_without_a_phase_is_said_on_the_parent(desk: Desk) -> None:
    desk.says("2 phases are blocked.")
    assert len(desk.comments()) == 1


def test_a_notice_for_a_phase_without_an_issue_is_said_on_the_parent(desk: Desk) -> None:
    desk.plan = desk.plan.with_phase(replace(desk.plan.phase("b"), issue=None))
    desk.says("It failed.", "b")
    assert len(desk.comments()) == 1


def test_a_notice_with_nowhere_to_go_is_a_failure(desk: Desk) -> None:
    desk.plan = replace(desk.plan, issue=None)
    with pytest.raises(NotFound):
        desk.says("Hello?")


@pytest.mark.parametrize("fault", ["lost_reply", "502_after", "502", "closed"])
def test_a_notice_tried_again_is_said_once(desk: Desk, hub: Hub, fault: str) -> None:
    hub.faults.add("POST", "/comments$", fault)
    with pytest.raises(AmbiguousWrite):
        desk.says("Once.", "b")
    desk.restart()
    desk.says("Once.", "b", tries=2)
    desk.says("Once.", "b", tries=3)
    assert [one.body.splitlines()[0] for one in desk.comments("b")] == ["Once."]


def test_a_second_notice_is_not_taken_for_the_first(desk: Desk) -> None:
    desk.says("Attempt 1 failed.", "b", key="failed:1")
    desk.says("Attempt 2 failed.", "b", key="failed:2", tries=2)
    assert len(desk.comments("b")) == 2


def test_a_notice_among_more_than_a_page_of_comments_is_found(desk: Desk, hub: Hub) -> None:
    number = desk.ref("b").number
    for n in range(120):
        hub.comment(REPO, number, "ada", f"comment {n}")
    desk.says("Once.", "b")
    desk.says("Once.", "b", tries=2)
    assert len(desk.comments("b")) == 121


def test_a_notice_too_long_for_a_comment_is_cut(desk: Desk) -> None:
    desk.says("**Failed.**\n\n```text\n" + "output\n" * 20_000 + "```", "b")
    (comment,) = desk.comments("b")
    assert "```\n\n*The rest did not fit into a comment.*\n\n<!-- phasebot:comment" in comment.body


def test_a_phase_that_is_done_has_its_issue_closed(desk: Desk) -> None:
    desk.sets("a", "closed", "completed")
    assert (desk.issue("a").state, desk.issue("a").state_reason) == ("closed", "completed")
    desk.sets("a", "open", "reopened")
    assert desk.issue("a").state == "open"


def test_what_we_have_done_has_the_cause_of_the_event_that_tells_of_it(desk: Desk, hub: Hub) -> None:
    """Under a person's token nothing else tells our own closing from that person's."""
    with Receiver() as receiver:
        hub.add_hook(REPO, receiver.url, events=("issues",))
        (deed,) = desk.sets("a", "closed", "completed")
        hub.drain_deliveries()
    (arrived,) = receiver.received
    assert isinstance(deed, OwnDeed)
    assert deed.cause == IssueEvent.model_validate_json(arrived.body).cause
    assert desk.sets("a", "closed", "completed") == (), "a person was faster: theirs to tell"
    assert desk.sets("a", "closed", "completed", tries=2) == (deed,), "or we were, and never heard of it"


def test_the_parent_is_closed_at_the_end(desk: Desk) -> None:
    desk.sets(None, "closed", "completed")
    assert desk.issue().state == "closed"


def test_what_is_so_already_is_not_written_again(desk: Desk, hub: Hub) -> None:
    hub.close_issue(REPO, desk.ref("a").number, "ada", "not_planned")
    hub.requests.clear()
    desk.sets("a", "closed", "completed")
    assert desk.writes() == []
    assert desk.issue("a").state_reason == "not_planned"


def test_a_close_whose_reply_is_lost_is_done_once(desk: Desk, hub: Hub) -> None:
    hub.faults.add("PATCH", "/issues/", "lost_reply")
    with pytest.raises(AmbiguousWrite):
        desk.sets("a", "closed", "completed")
    hub.requests.clear()
    desk.sets("a", "closed", "completed", tries=2)
    assert desk.writes() == []


def test_an_issue_that_is_gone_need_not_be_closed(desk: Desk, hub: Hub) -> None:
    hub.delete_issue(REPO, desk.ref("a").number, "ada")
    hub.requests.clear()
    desk.sets("a", "closed", "not_planned")
    assert desk.writes() == []


def test_a_phase_without_an_issue_never_closes_the_parent(desk: Desk) -> None:
    desk.plan = desk.plan.with_phase(replace(desk.plan.phase("a"), issue=None))
    desk.sets("a", "closed", "completed")
    assert desk.issue().state == "open"


def test_an_effect_on_an_executor_is_a_mistake(desk: Desk) -> None:
    with pytest.raises(TypeError):
        desk.perform(StopAttempt(plan="plan", key="k", phase="a", fence=1, executor="local"))


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("fault", ["403_retry_after", "429_retry_after"])
def test_a_limit_is_waited_for_as_long_as_github_says(desk: Desk, hub: Hub, fault: str) -> None:
    hub.faults.add("POST", "/comments$", fault, retry_after=7)
    with pytest.raises(TransientError) as limited:
        desk.says("x")
    assert limited.value.retry_after == 7


@pytest.mark.parametrize("fault", ["403", "429"])
def test_a_limit_of_unknown_length_is_waited_for_longer_each_time(
    desk: Desk, hub: Hub, clock: MovedClock, fault: str
) -> None:
    waits = []
    for tries in (1, 2, 3):
        hub.faults.add("POST", "/comments$", fault)
        with pytest.raises(TransientError) as limited:
            desk.says("x", tries=tries)
        waits.append(limited.value.retry_after)
        clock.advance(seconds=limited.value.retry_after or 0)
    assert waits == [60, 120, 240]


def test_a_spent_allowance_is_waited_for_until_it_is_renewed(desk: Desk, hub: Hub) -> None:
    hub.allowances.per_hour = 1
    with pytest.raises(TransientError) as limited:
        desk.says("x")
    assert limited.value.retry_after is not None
    assert 3500 < limited.value.retry_after <= 3601


def test_the_comments_of_one_thread_are_one_that_is_written_over(desk: Desk) -> None:
    def says(count: int, *, tries: int = 1, thread: str = "alike:1/") -> None:
        body = f"{count} phases"
        said = PostComment(plan=desk.plan.id, key=f"{thread}{count}", phase=None, body=body, thread=thread)
        desk.perform(said, tries=tries)

    says(2)
    says(3)
    says(3, tries=2)
    desk.restart()
    says(4)
    says(2, thread="alike:2/")

    found = [one.body.split("\n")[0] for one in desk.comments()]
    assert found == ["4 phases", "2 phases"]
    marker = Markers(KEY).find(desk.comments()[0].body)
    assert marker is not None
    assert marker.of == "alike:1/4", "by which its boxes are known"
