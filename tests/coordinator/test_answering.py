"""What was asked in writing is answered where it was asked, once, and issues are put back as the plan has them."""

from __future__ import annotations

from typing import Any

from services.coordinator.decide import decide
from services.coordinator.phase_coordinator import News, PhaseCoordinator
from services.domain import messages as m
from services.domain.effects import React, RestoreComment, SayOnIssue, SetIssueState
from services.domain.phase import IssueRef
from services.ports import Delivery
from tests import plans
from tests.plans import NOW, WORLD, Story, chain, published
from tests.ports_in_memory import HandClock, StoreInMemory

ASKED = m.Asked(comment=7, issue=2)
TICKED = m.Asked(comment=7, issue=2, restore="as it was")


def effects(story: Story, kind: type[Any], order: m.Message) -> list[Any]:
    return [one for one in decide(story.plan, order, WORLD, NOW).effects if isinstance(one, kind)]


def retry(asked: m.Asked | None) -> m.RetryPhase:
    return m.RetryPhase(plan="plan", phase="a", cause="comment/7/1/x", by="ada", asked=asked)


def test_a_command_that_was_obeyed_gets_a_sign_and_no_words() -> None:
    story = Story(published(chain("a b")))
    story.breaks("a")
    assert [one.content for one in effects(story, React, retry(ASKED))] == ["+1"]
    assert effects(story, SayOnIssue, retry(ASKED)) == []


def test_a_command_that_does_not_fit_is_answered_in_words() -> None:
    story = Story(published(chain("a b")))
    (said,) = effects(story, SayOnIssue, retry(ASKED))
    assert (said.issue, said.body) == (
        2,
        "`/phase retry` changed nothing for **A (#2)**: a phase that is waiting cannot be run again.",
    )
    assert effects(story, React, retry(ASKED)) == []


def test_a_ticked_box_is_put_back_and_answered() -> None:
    story = Story(published(chain("a b")))
    story.breaks("a")
    (restored,) = effects(story, RestoreComment, retry(TICKED))
    (said,) = effects(story, SayOnIssue, retry(TICKED))
    assert (restored.comment, restored.body) == (7, "as it was")
    assert said.body == "`ada` asked for `/phase retry` for **A (#2)**: done."


def test_an_order_that_nobody_wrote_is_not_answered() -> None:
    story = Story(published(chain("a b")))
    assert effects(story, SayOnIssue, retry(None)) == []


def put_back(phase: str | None) -> m.PutBack:
    return m.PutBack(plan="plan", phase=phase, cause="hand", by="bob", issue=2, body="Put back.")


def test_an_issue_closed_without_the_right_is_open_again() -> None:
    story = Story(published(chain("a b")))
    (state,) = effects(story, SetIssueState, put_back("a"))
    assert (state.phase, state.state, state.reason) == ("a", "open", "reopened")
    assert [one.body for one in effects(story, SayOnIssue, put_back("a"))] == ["Put back."]
    assert decide(story.plan, put_back("a"), WORLD, NOW).plan is story.plan


def test_an_issue_reopened_without_the_right_is_closed_again() -> None:
    story = Story(published(chain("a b"))).passes("a")
    (state,) = effects(story, SetIssueState, put_back("a"))
    assert (state.state, state.reason) == ("closed", "completed")


def test_a_parent_closed_without_the_right_is_open_again() -> None:
    story = Story(plans.chain("a", tracked=True, issue=IssueRef(1, 1)))
    (state,) = effects(story, SetIssueState, put_back(None))
    assert (state.phase, state.state) == (None, "open")


def test_what_belongs_to_no_plan_is_answered_all_the_same() -> None:
    store, clock = StoreInMemory(), HandClock()
    coordinator = PhaseCoordinator(store.open_work, clock, lambda: WORLD, lambda _, error: None)
    say = m.Say(plan="", cause="comment/7", project="ada/site", issue=3, body="Hello.")
    delivery = Delivery.of(say, "github", NOW)
    done = coordinator.round(News(deliveries=[delivery]))
    (sending,) = done.sendings
    assert (sending.project, sending.effect) == (
        "ada/site",
        SayOnIssue(plan="", key="say:comment/7", issue=3, body="Hello."),
    )
    assert coordinator.round(News(deliveries=[delivery])).sendings == []
