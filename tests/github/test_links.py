"""Links that people take away: the plan stays as it is, and they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bot.github.client import GitHub
from bot.github.events.sources import Subject
from bot.github.resolve import Resolver
from bot.localhub import Hub
from services.domain.messages import Message, Say
from services.domain.phase import IssueRef
from services.domain.plan import Plan
from services.domain.transitions import PhaseState
from tests import plans
from tests.localhub.conftest import REPO
from tests.localhub.receiver import Receiver

from .conftest import BOT
from .test_hand import delivery, sources


class Linked:
    """A plan of two phases whose issues are linked as GitHub links them."""

    def __init__(self, github: GitHub, hub: Hub, receiver: Receiver) -> None:
        self.github, self.hub, self.receiver = github, hub, receiver
        made = [hub.create_issue(REPO, BOT, title) for title in ("parent", "a", "b")]
        self.parent, self.a, self.b = [IssueRef(one.number, one.id) for one in made]
        plan = plans.plan({"a": "", "b": "a"}, issue=self.parent, tracked=True, project=REPO)
        plan = plan.with_phase(replace(plan.phase("a"), issue=self.a))
        self.plan: Plan = plan.with_phase(replace(plan.phase("b"), issue=self.b))
        for child in (self.a, self.b):
            hub.add_sub_issue(REPO, self.parent.number, BOT, child.id)
        hub.add_blocked_by(REPO, self.b.number, BOT, self.a.id)
        hub.add_hook(REPO, receiver.url, events=("sub_issues", "issue_dependencies"))

    def find(self, _: str, id: int) -> Subject | None:
        keys = {self.a.id: "a", self.b.id: "b"}
        if id == self.parent.id:
            return Subject(self.plan, None)
        return Subject(self.plan, self.plan.phase(keys[id])) if id in keys else None

    def means(self, deed: Callable[[], object]) -> list[Message]:
        """What the webhooks of a deed mean, all together."""
        deed()
        self.hub.drain_deliveries()
        resolve = Resolver(sources(self.github, self.find))
        arrived = [replace(delivery({}), body=one.body, event=one.event) for one in self.receiver.received]
        assert arrived
        return [message for one in arrived for message in resolve(one)]

    def unblock(self, login: str = "ada") -> object:
        return self.hub.remove_blocked_by(REPO, self.b.number, login, self.a.id)

    def take_out(self, login: str = "ada") -> object:
        return self.hub.remove_sub_issue(REPO, self.parent.number, login, self.b.id)


@pytest.fixture
def linked(github: GitHub, hub: Hub) -> Iterator[Linked]:
    with Receiver() as receiver:
        yield Linked(github, hub, receiver)


def test_a_link_that_is_taken_away_changes_nothing_and_is_answered_once(linked: Linked) -> None:
    (said,) = linked.means(linked.unblock)
    assert isinstance(said, Say)
    assert (said.issue, said.by) == (linked.b.number, "ada")
    assert "The order of the plan is as it was" in said.body


def test_a_phase_that_is_taken_out_of_its_parent_still_is_one_and_that_is_said(linked: Linked) -> None:
    (said,) = linked.means(linked.take_out)
    assert isinstance(said, Say)
    assert (said.issue, said.by) == (linked.b.number, "ada")
    assert "It still is a phase" in said.body


def test_moved_under_another_parent_is_taken_out_of_its_own(linked: Linked) -> None:
    other = linked.hub.create_issue(REPO, "ada", "another")
    moved = linked.means(lambda: linked.hub.add_sub_issue(REPO, other.number, "ada", linked.b.id, replace_parent=True))
    assert len(moved) == 1


@pytest.mark.parametrize("deed", ["unblock", "take_out"])
def test_what_the_bot_unlinks_itself_is_not_answered(linked: Linked, deed: str) -> None:
    assert linked.means(lambda: getattr(linked, deed)(BOT)) == []


def test_a_link_that_the_plan_does_not_have_is_theirs(linked: Linked) -> None:
    """Also how an amendment's own unlinking looks under a person's token: by then the plan says so."""
    stranger = linked.hub.create_issue(REPO, "ada", "theirs")
    hub = linked.hub
    hub.add_blocked_by(REPO, linked.b.number, "ada", stranger.id)
    hub.add_sub_issue(REPO, linked.parent.number, "ada", stranger.id)

    def unlink() -> None:
        hub.remove_blocked_by(REPO, linked.b.number, "ada", stranger.id)
        hub.remove_sub_issue(REPO, linked.parent.number, "ada", stranger.id)

    assert linked.means(unlink) == []


@pytest.mark.parametrize("deed", ["unblock", "take_out"])
def test_a_phase_that_is_done_needs_no_links(linked: Linked, deed: str) -> None:
    linked.plan = linked.plan.with_phase(replace(linked.plan.phase("b"), state=PhaseState.COMPLETED))
    assert linked.means(getattr(linked, deed)) == []
