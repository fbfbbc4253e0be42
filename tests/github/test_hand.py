"""A hand on an issue is an order, if the plan does not say so already and the person may give it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from bot.github.catch_up import gone
from bot.github.client import GitHub
from bot.github.events.sources import Sources, Subject
from bot.github.resolve import EventUnreadable, Resolver
from bot.github.session import Access
from bot.github.signature import is_signed
from bot.localhub import Hub, HubServer
from services.domain import messages as m
from services.domain.effects import SetIssueState
from services.domain.errors import TransientError
from services.domain.phase import IssueRef
from services.domain.plan import PlanState
from services.domain.transitions import PhaseState
from services.ports import Delivery
from services.publishing.markers import Markers
from tests import plans
from tests.localhub.conftest import REPO, MovedClock
from tests.localhub.receiver import Receiver

from .conftest import BOT, KEY, Moment, NoDocuments

PARENT, CHILD = IssueRef(1, 100), IssueRef(2, 200)


def sources(github: GitHub, find: Callable[[str, int], Subject | None]) -> Sources:
    return Sources(
        find=find,
        github=github,
        markers=Markers(KEY),
        now=lambda: plans.NOW,
        documents=NoDocuments(),
        linked=lambda link: b"",
    )


class Hand:
    """Somebody does something to an issue; what it means is asked of the resolver."""

    def __init__(self, github: GitHub) -> None:
        plan = plans.plan({"a": "", "b": "a"}, issue=PARENT, tracked=True, project=REPO)
        self.plan = plan.with_phase(replace(plan.phase("a"), issue=CHILD))
        self.pending: tuple[SetIssueState, ...] = ()
        asked = replace(sources(github, self._subject), pending=lambda _: self.pending)
        self.resolve = Resolver(asked)

    def _subject(self, project: str, id: int) -> Subject | None:
        if project != REPO:
            return None
        if id == PARENT.id:
            return Subject(self.plan, None)
        return Subject(self.plan, self.plan.phase("a")) if id == CHILD.id else None

    def phase_is(self, state: PhaseState) -> Hand:
        self.plan = self.plan.with_phase(replace(self.plan.phase("a"), state=state))
        return self

    def plan_is(self, state: PlanState) -> Hand:
        self.plan = replace(self.plan, state=state)
        return self

    def wishes(self, phase: str | None, state: Literal["open", "closed"]) -> Hand:
        self.pending = (SetIssueState(plan="plan", key="k", phase=phase, state=state, reason="completed"),)
        return self

    def does(self, action: str, issue: IssueRef = CHILD, **facts: Any) -> list[m.Message]:
        return list(self.resolve(delivery(payload(action, issue, **facts))))


def payload(action: str, issue: IssueRef, **facts: Any) -> dict[str, Any]:
    return {
        "action": action,
        "issue": {
            "id": issue.id,
            "number": issue.number,
            "state": "closed" if action == "closed" else "open",
            "state_reason": facts.get("reason"),
            "updated_at": facts.get("at", "2026-11-20T12:00:00Z"),
            "title": "unread",
        },
        "repository": {"id": 1, "full_name": facts.get("repository", REPO)},
        "sender": {"login": facts.get("by", "ada"), "type": "Bot" if facts.get("by") == BOT else "User"},
        "something_new": {"nested": [1, 2, 3]},
    }


def delivery(body: object, event: str = "issues") -> Delivery:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    return Delivery(id="d", source="github", received_at=at, event=event, body=json.dumps(body).encode())


@pytest.fixture
def hand(github: GitHub) -> Hand:
    return Hand(github)


@pytest.mark.parametrize(
    ("action", "reason", "order"),
    [
        ("closed", "completed", m.CompletePhase),
        ("closed", None, m.CompletePhase),
        ("closed", "not_planned", m.SkipPhase),
        ("closed", "duplicate", m.SkipPhase),
        ("deleted", None, m.CancelPhase),
        ("transferred", None, m.CancelPhase),
    ],
)
def test_what_is_done_to_a_child_is_an_order_about_its_phase(
    hand: Hand, action: str, reason: str | None, order: type[m.Message]
) -> None:
    (message,) = hand.does(action, reason=reason)
    assert type(message) is order
    assert (message.plan, getattr(message, "phase", None), message.by) == ("plan", "a", "ada")


def test_a_child_that_is_reopened_is_to_be_done_again(hand: Hand) -> None:
    (message,) = hand.phase_is(PhaseState.COMPLETED).does("reopened")
    assert isinstance(message, m.ReopenPhase)


@pytest.mark.parametrize("action", ["deleted", "transferred"])
def test_an_issue_is_taken_away_once_whoever_notices(hand: Hand, github: GitHub, action: str) -> None:
    """Else a phase that is run again without its issue would be cancelled again when that is missed."""
    (told,) = hand.does(action)

    missed = {one.cause for one in gone(github, hand.plan, (), listed=())}

    assert told.cause in missed


@pytest.mark.parametrize("action", ["closed", "deleted", "transferred"])
def test_the_parent_closed_or_gone_cancels_the_plan(hand: Hand, action: str) -> None:
    (message,) = hand.does(action, PARENT)
    assert isinstance(message, m.CancelPlan)


def test_the_parent_reopened_resumes_the_plan(hand: Hand) -> None:
    (message,) = hand.plan_is(PlanState.CANCELLED).does("reopened", PARENT)
    assert isinstance(message, m.ResumePlan)


def test_what_the_plan_says_already_is_an_echo(hand: Hand) -> None:
    """Under a person's token our own acts look like that person's."""
    assert hand.phase_is(PhaseState.COMPLETED).does("closed", reason="completed") == []
    assert hand.phase_is(PhaseState.SKIPPED).does("closed", reason="not_planned") == []
    assert hand.phase_is(PhaseState.WAITING).does("reopened") == []
    assert hand.plan_is(PlanState.CANCELLED).does("closed", PARENT) == []


def test_closing_the_parent_of_a_finished_plan_cancels_nothing(hand: Hand) -> None:
    hand.phase_is(PhaseState.COMPLETED)
    hand.plan = hand.plan.with_phase(replace(hand.plan.phase("b"), state=PhaseState.COMPLETED))
    assert hand.does("closed", PARENT) == []


def test_what_the_bot_does_itself_is_no_order(hand: Hand) -> None:
    assert hand.does("closed", by=BOT) == []


def under_ada_s_token(hub: Hub, server: HubServer, clock: MovedClock) -> GitHub:
    return GitHub(Access(server.url, hub.create_token("ada")), Moment(clock))


def test_under_a_person_s_token_what_we_are_about_to_do_is_an_echo(
    hub: Hub, server: HubServer, clock: MovedClock
) -> None:
    """A close of ours that is told of before we have heard that it went well, while the plan has moved on already."""
    github = under_ada_s_token(hub, server, clock)
    assert Hand(github).wishes("a", "closed").does("closed", by="ada") == []
    assert len(Hand(github).wishes("a", "closed").does("closed", by="wes")) == 1, "another person"
    assert len(Hand(github).wishes("b", "closed").does("closed", by="ada")) == 1, "another issue"
    assert len(Hand(github).wishes("a", "open").does("closed", by="ada")) == 1, "another deed"
    assert len(Hand(github).does("closed", by="ada")) == 1, "the person whose token it is, by hand"
    github.close()


@pytest.mark.parametrize(
    ("login", "heeded"), [("wes", True), ("ada", True), ("tia", False), ("bob", False), ("x", False)]
)
def test_only_those_who_may_write_are_heeded(hand: Hand, login: str, heeded: bool) -> None:
    (message,) = hand.does("closed", by=login)
    assert isinstance(message, m.CompletePhase if heeded else m.PutBack)


def test_a_permission_that_cannot_be_asked_for_lets_nobody_through(hand: Hand, hub: Hub) -> None:
    hub.faults.add("GET", "/permission$", "502")
    with pytest.raises(TransientError):
        hand.does("closed")


@pytest.mark.parametrize("action", ["labeled", "edited", "pinned", "field_added", "brand_new"])
def test_other_actions_mean_nothing_and_ask_nothing(hand: Hand, hub: Hub, action: str) -> None:
    assert hand.does(action) == []
    assert len(hub.requests) == 0


def test_an_issue_that_is_none_of_ours_means_nothing(hand: Hand, hub: Hub) -> None:
    assert hand.does("closed", IssueRef(2, 999)) == []
    assert hand.does("closed", repository="acme/other") == []
    assert len(hub.requests) == 0


def test_the_same_change_has_the_same_cause_however_it_comes(hand: Hand) -> None:
    (first,), (again,) = hand.does("closed"), hand.does("closed")
    (later,) = hand.does("closed", at="2026-11-20T12:00:01Z")
    assert first.cause == again.cause != later.cause


def test_other_events_mean_nothing(hand: Hand) -> None:
    assert list(hand.resolve(delivery({"zen": "Keep it simple."}, event="ping"))) == []


@pytest.mark.parametrize("body", [{}, [], {"action": "closed"}, "text", None])
def test_what_is_no_such_event_is_refused(hand: Hand, body: object) -> None:
    with pytest.raises(EventUnreadable):
        hand.resolve(delivery(body))


# ---------------------------------------------------------------- as a server really sends it


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_a_hand_on_a_real_issue_arrives_as_an_order(hand: Hand, github: GitHub, hub: Hub, receiver: Receiver) -> None:
    hub.create_issue(REPO, BOT, "parent")
    child = hub.create_issue(REPO, BOT, "child")
    hub.add_hook(REPO, receiver.url, events=("issues",), secret="secret")

    hub.close_issue(REPO, child.number, "wes", "not_planned")
    hub.drain_deliveries()

    (arrived,) = receiver.received
    assert is_signed(arrived.body, arrived.headers["x-hub-signature-256"], [b"secret"])
    found = Subject(hand.plan, hand.plan.phase("a"))
    resolve = Resolver(sources(github, lambda _, id: found if id == child.id else None))
    (message,) = resolve(replace(delivery({}), body=arrived.body, event=arrived.event))
    assert isinstance(message, m.SkipPhase)
    assert message.by == "wes"
