"""Comments as a server really sends them: commands, boxes, and who may give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.github.client import GitHub
from bot.github.events.sources import Sources, Subject
from bot.github.resolve import Resolver
from bot.github.speaking import Speaking
from bot.localhub import Hub
from bot.localhub.values import Comment
from services.coordinator.answering import said
from services.domain import messages as m
from services.domain.effects import React, RestoreComment, Spoken
from services.domain.phase import IssueRef
from services.ports import Delivery, Sending
from services.publishing.markers import Marker, MarkerKind, Markers
from tests import plans
from tests.localhub.conftest import REPO, MovedClock
from tests.localhub.receiver import Receiver

from .conftest import BOT, KEY, NoDocuments

NOTICE = "**A** failed.\n\n- [ ] `/phase retry` runs it again\n- [ ] `/phase skip` goes on without it"
MARKERS = Markers(KEY)
FAILED = Marker(MarkerKind.COMMENT, "plan", "failed:1:a")


class Ear:
    """People comment on the issue of a plan's phase; what the webhooks mean is asked of the resolver."""

    def __init__(self, hub: Hub, github: GitHub, receiver: Receiver) -> None:
        self.hub, self.receiver = hub, receiver
        self.github = github
        self.issue = hub.create_issue(REPO, BOT, "Phase 1: A")
        plan = plans.plan({"a": "", "b": "a"}, tracked=True, project=REPO)
        ref = IssueRef(self.issue.number, self.issue.id)
        self.plan = plan.with_phase(replace(plan.phase("a"), number="1", issue=ref))
        self.written: dict[str, str] = {}
        self.resolve = Resolver(
            Sources(
                find=lambda _, id: Subject(self.plan, self.plan.phase("a")) if id == self.issue.id else None,
                github=github,
                markers=MARKERS,
                now=lambda: plans.NOW,
                said=self.written.get,
                documents=NoDocuments(),
                linked=lambda link: b"",
            )
        )
        hub.add_hook(REPO, receiver.url, events=("issue_comment",), secret="secret")

    def heard(self) -> list[m.Message]:
        """What everything since the last time means."""
        self.hub.drain_deliveries()
        found: list[m.Message] = []
        for one in self.receiver.received:
            at = datetime(2026, 11, 20, tzinfo=UTC)
            delivery = Delivery(id="d", source="github", received_at=at, event=one.event, body=one.body)
            found += self.resolve(delivery)
        self.receiver.received.clear()
        return found

    def says(self, login: str, body: str) -> list[m.Message]:
        self.hub.comment(REPO, self.issue.number, login, body)
        return self.heard()

    def answer(self, login: str, body: str) -> str:
        """The one answer in words."""
        (message,) = self.says(login, body)
        assert isinstance(message, m.Say)
        return message.body

    def posts_notice(self) -> Comment:
        """As the bot does."""
        self.written[FAILED.of] = NOTICE
        comment = self.hub.comment(REPO, self.issue.number, BOT, f"{NOTICE}\n\n{MARKERS.write(FAILED)}")
        assert self.heard() == []
        return comment

    def does(self, effect: Spoken, *, tries: int = 1) -> None:
        sending = Sending(id=1, project=REPO, effect=effect, tries=tries, wished_at=datetime.now(UTC))
        Speaking(MARKERS).perform(self.github, effect, sending)

    def comments(self) -> list[str]:
        return [one.body for one in self.hub.repository(REPO).comments(self.issue.number)]

    def reactions(self, comment: int) -> list[str]:
        return [one.content for one in self.hub.repository(REPO).comment_reactions(comment)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def ear(hub: Hub, github: GitHub, receiver: Receiver) -> Ear:
    return Ear(hub, github, receiver)


def test_a_command_is_seen_at_once_and_becomes_an_order(ear: Ear) -> None:
    (order,) = ear.says("wes", "Flaky.\n/phase retry")
    (comment,) = ear.hub.repository(REPO).comments(ear.issue.number)
    assert isinstance(order, m.RetryPhase)
    assert (order.phase, order.by) == ("a", "wes")
    assert order.asked == m.Asked(comment=comment.id, issue=ear.issue.number)
    assert ear.reactions(comment.id) == ["eyes"]


def test_talk_is_left_alone(ear: Ear, hub: Hub) -> None:
    hub.requests.clear()
    assert ear.says("wes", "I would `/phase retry` it.") == []
    assert len(hub.requests) == 0


def test_several_commands_keep_their_order_and_share_an_answer(ear: Ear) -> None:
    skip, say = ear.says("ada", "/phase skip 1\n/phase retyr\n/phase why B")
    assert isinstance(skip, m.SkipPhase)
    assert isinstance(say, m.Say)
    assert "There is no command `retyr`. Did you mean `retry`?" in say.body
    assert "`/phase why B`" in say.body


@pytest.mark.parametrize(("login", "role"), [("tia", "the role `triage`"), ("bob", "the role `read`")])
def test_those_who_may_not_are_told_politely(ear: Ear, login: str, role: str) -> None:
    answer = ear.answer(login, "/phase retry")
    assert answer == (
        f"`/phase retry` was not carried out: you need write access to this repository, and `{login}` has {role} here."
    )


def test_everybody_may_ask(ear: Ear) -> None:
    assert "| `/phase retry [phase]" in ear.answer("bob", "/phase help")
    assert "0 of 2 phases done" in ear.answer("bob", "/phase status")
    assert ear.answer("bob", "/phase why") == f"**Phase 1 (#{ear.issue.number})** may start: nothing holds it up."


def test_bots_command_nothing_whatever_they_write(ear: Ear) -> None:
    ear.hub.create_user("dependabot[bot]", kind="Bot")
    ear.hub.add_collaborator(REPO, "dependabot[bot]", "admin")
    assert ear.says("dependabot[bot]", "/phase retry") == []
    assert ear.says(BOT, "/phase retry") == []


def test_an_edited_comment_runs_only_what_is_new(ear: Ear) -> None:
    (first,) = ear.says("wes", "/phase retry")
    (comment,) = ear.hub.repository(REPO).comments(ear.issue.number)
    ear.hub.edit_comment(REPO, comment.id, "wes", "/phase skip\n/phase retry")
    skip, again = ear.heard()
    assert isinstance(skip, m.SkipPhase)
    assert again.cause == first.cause, "the inbox knows it"
    assert skip.cause != first.cause


def test_a_deleted_comment_takes_nothing_back(ear: Ear) -> None:
    ear.says("wes", "/phase retry")
    (comment,) = ear.hub.repository(REPO).comments(ear.issue.number)
    ear.hub.delete_comment(REPO, comment.id, "wes")
    assert ear.heard() == []


def test_a_copied_notice_commands_nothing(ear: Ear) -> None:
    ear.written[FAILED.of] = NOTICE
    assert ear.says("ada", f"/phase skip\n{NOTICE}\n\n{MARKERS.write(FAILED)}") == []
    (comment,) = ear.hub.repository(REPO).comments(ear.issue.number)
    ear.hub.edit_comment(REPO, comment.id, "ada", comment.body.replace("[ ]", "[x]"))
    assert ear.heard() == []


# ---------------------------------------------------------------- boxes


def test_a_ticked_box_is_an_order_of_whoever_ticked_it(ear: Ear) -> None:
    notice = ear.posts_notice()
    ear.hub.edit_comment(REPO, notice.id, "wes", notice.body.replace("[ ] `/phase skip`", "[x] `/phase skip`"))
    (order,) = ear.heard()
    assert isinstance(order, m.SkipPhase)
    assert (order.phase, order.by) == ("a", "wes")
    assert order.asked is not None
    assert order.asked.restore == notice.body


def test_a_box_ticked_without_the_right_is_answered(ear: Ear, hub: Hub) -> None:
    notice = ear.posts_notice()
    hub.create_user("max")
    hub.add_collaborator(REPO, "max", "write")
    hub.edit_comment(REPO, notice.id, "max", notice.body.replace("[ ]", "[x]", 1))
    hub.remove_collaborator(REPO, "max")
    (answer,) = ear.heard()
    assert isinstance(answer, m.Say)
    assert "you need write access" in answer.body
    for effect in said(answer):
        ear.does(effect)
    assert ear.comments()[0] == notice.body, "the box is put back"


def test_a_box_is_put_back_and_can_be_ticked_again(ear: Ear, clock: MovedClock) -> None:
    notice = ear.posts_notice()
    ticked = notice.body.replace("[ ] `/phase retry`", "[x] `/phase retry`")
    ear.hub.edit_comment(REPO, notice.id, "wes", ticked)
    (first,) = ear.heard()
    assert first.asked is not None
    ear.does(RestoreComment(plan="plan", key="restore", comment=notice.id, body=first.asked.restore))
    assert ear.heard() == []
    assert ear.comments() == [notice.body]
    clock.advance(seconds=1)
    ear.hub.edit_comment(REPO, notice.id, "wes", ticked)
    (again,) = ear.heard()
    assert again.cause != first.cause


# ---------------------------------------------------------------- answering


def test_an_answer_said_twice_is_said_once(ear: Ear) -> None:
    (message,) = ear.says("wes", "/phase help")
    assert isinstance(message, m.Say)
    (answer,) = said(message)
    ear.does(answer)
    ear.does(answer, tries=2)
    assert len(ear.comments()) == 2
    assert ear.heard() == [], "our own help is no order"


def test_a_reaction_given_twice_is_one(ear: Ear) -> None:
    ear.says("wes", "/phase retry")
    (comment,) = ear.hub.repository(REPO).comments(ear.issue.number)
    for tries in (1, 2):
        ear.does(React(plan="plan", key="react", comment=comment.id, content="+1"), tries=tries)
    assert ear.reactions(comment.id) == ["eyes", "+1"]


def test_nobody_is_answered_on_what_is_gone(ear: Ear) -> None:
    (message,) = ear.says("wes", "/phase help")
    ear.hub.delete_issue(REPO, ear.issue.number, "ada")
    assert isinstance(message, m.Say)
    for effect in said(message):
        ear.does(effect)
