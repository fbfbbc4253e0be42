"""A retracted plan leaves nothing open that the bot created, and nothing changed that was a person's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.github.errors import AmbiguousWrite
from bot.localhub import Hub
from services.domain.effects import LabelParent, PostComment, RefreshParent, RetractIssues
from services.domain.messages import IssueCreated, PlanRetracted
from services.domain.phase import IssueRef
from services.domain.retraction import Left, Why
from services.publishing.publish import next_steps
from tests.localhub.conftest import REPO, MovedClock

from .conftest import Desk


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return desk.publish()


def retracted(desk: Desk, clock: MovedClock, *, tries: int = 1) -> PlanRetracted:
    desk.plan = replace(desk.plan, retracted_at=clock())
    (news,) = desk.perform(RetractIssues(plan=desk.plan.id, key="retract:1"), tries=tries)
    assert isinstance(news, PlanRetracted)
    return news


def states(desk: Desk) -> dict[int, tuple[str, str | None]]:
    return {issue.number: (issue.state, issue.state_reason) for issue in desk.there.issues}


NOT_PLANNED = ("closed", "not_planned")


def test_all_that_the_bot_created_is_closed_as_not_planned(desk: Desk, clock: MovedClock, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Something else")
    news = retracted(desk, clock)
    assert news.closed == (2, 3, 4, 5, 1)
    assert news.left == ()
    assert states(desk) == {**dict.fromkeys(range(1, 6), NOT_PLANNED), 6: ("open", None)}
    assert "This plan was retracted" in desk.comments()[-1].body


def test_what_is_done_stays_done_and_what_is_gone_is_said(desk: Desk, clock: MovedClock, hub: Hub) -> None:
    hub.close_issue(REPO, 2, "ada", "completed")
    hub.delete_issue(REPO, 3, "ada")
    news = retracted(desk, clock)
    assert news.left == (Left(2, Why.COMPLETED), Left(3, Why.GONE))
    assert states(desk)[2] == ("closed", "completed")
    said = desk.comments()[-1].body
    assert "#2 stays closed as completed" in said
    assert "#3 is gone" in said


def test_a_persons_issue_is_given_back_as_it_was(desk: Desk, clock: MovedClock, hub: Hub) -> None:
    written = "My plan.\r\n\r\n## Phase 1\r\nDo it.\r\n"
    hers = hub.create_issue(REPO, "ada", "My plan", written)
    desk.plan = replace(desk.plan, issue=IssueRef(hers.number, hers.id))
    desk.refresh()
    assert desk.issue().body != written
    news = retracted(desk, clock)
    assert news.left == (Left(hers.number, Why.NOT_OURS),)
    assert (desk.issue().body, desk.issue().state) == (written, "open")
    assert "somebody else wrote it" in desk.comments()[-1].body


def hers(desk: Desk, hub: Hub, *labels: str) -> IssueRef:
    """An issue that a person wrote has become the parent."""
    issue = hub.create_issue(REPO, "ada", "My plan", labels=labels)
    desk.plan = replace(desk.plan, issue=IssueRef(issue.number, issue.id))
    desk.perform(LabelParent(plan=desk.plan.id, key="label"))
    return desk.ref()


def labels(desk: Desk) -> set[str]:
    return {one.name for one in desk.issue().labels}


def test_the_label_that_a_persons_issue_was_given_is_taken_off_again(desk: Desk, clock: MovedClock, hub: Hub) -> None:
    hers(desk, hub, "bug")
    assert labels(desk) == {"bug", "multi-phase"}
    assert desk.issue().title == "My plan"
    retracted(desk, clock)
    assert labels(desk) == {"bug"}


def test_a_label_that_a_person_put_on_stays(desk: Desk, clock: MovedClock, hub: Hub) -> None:
    hers(desk, hub, "multi-phase")
    retracted(desk, clock)
    assert labels(desk) == {"multi-phase"}


def test_a_label_that_a_person_has_taken_off_is_not_missed(desk: Desk, clock: MovedClock, hub: Hub) -> None:
    issue = hers(desk, hub)
    hub.edit_issue(REPO, issue.number, "ada", labels=())
    retracted(desk, clock)
    assert labels(desk) == set()


@pytest.mark.parametrize("fault", ["lost_reply", "502_after", "502", "closed"])
def test_broken_off_anywhere_it_goes_on_and_does_nothing_twice(
    desk: Desk, clock: MovedClock, hub: Hub, fault: str
) -> None:
    tries = 0
    for method, path in (
        ("PATCH", "/issues/2$"),
        ("PATCH", "/issues/4$"),
        ("POST", "/1/comments"),
        ("PATCH", "/issues/1$"),
    ):
        hub.faults.add(method, path, fault)
        tries += 1
        with pytest.raises(AmbiguousWrite):
            retracted(desk, clock, tries=tries)
        desk.restart()
    news = retracted(desk, clock, tries=tries + 1)
    assert news.closed == (2, 3, 4, 5, 1)
    assert set(states(desk).values()) == {NOT_PLANNED}
    assert sum("was retracted" in one.body for one in desk.comments()) == 1
    closings = [entry for number in range(1, 6) for entry in desk.there.timeline(number) if entry.kind == "closed"]
    assert len(closings) == 5


def test_done_again_it_writes_nothing(desk: Desk, clock: MovedClock, hub: Hub) -> None:
    first = retracted(desk, clock)
    hub.requests.clear()
    assert retracted(desk, clock, tries=2) == first
    assert desk.writes() == []


def test_what_was_still_to_be_done_is_not_done_any_more(desk: Desk, clock: MovedClock, hub: Hub) -> None:
    desk.plan = replace(desk.plan, retracted_at=clock())
    hub.requests.clear()
    assert desk.perform(RefreshParent(plan=desk.plan.id, key="r")) == ()
    assert desk.perform(PostComment(plan=desk.plan.id, key="c", phase="a", body="x")) == ()
    assert len(hub.requests) == 0


def test_an_issue_whose_answer_was_lost_is_found_not_made(desk: Desk, clock: MovedClock, hub: Hub) -> None:
    fresh = Desk(desk.github, hub, replace(desk.plan, id="other", issue=None, phases=desk.plan.phases))
    fresh.plan = replace(
        fresh.plan, phases={k: replace(v, issue=None, linked=False) for k, v in desk.plan.phases.items()}
    )
    step = next_steps(fresh.plan)[0]
    hub.faults.add("POST", "/issues$", "lost_reply")
    with pytest.raises(AmbiguousWrite):
        fresh.perform(step)
    fresh.plan = replace(fresh.plan, retracted_at=clock())
    assert fresh.perform(step) == ()
    (news,) = fresh.perform(step, tries=2)
    assert isinstance(news, IssueCreated)
    assert news.issue.number == 6
