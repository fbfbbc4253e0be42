"""Whoever may open an issue may edit it as often as they please: that costs next to nothing, whatever it is labelled."""

from __future__ import annotations

import json

import pytest

from bot.github.client import GitHub
from bot.github.events.documents import Document
from bot.github.events.sources import Sources
from bot.github.resolve import Resolver
from bot.localhub import Hub
from bot.localhub.shapes import Shapes
from services.domain.messages import Message, Say
from services.domain.plan import Plan, PlanState
from services.ports import Delivery
from services.publishing.markers import Markers
from tests import plans
from tests.localhub.conftest import REPO, MovedClock

from .conftest import KEY, NoDocuments

PLAN = "## Phase 1: A\n\nDo it.\n"


class Drawer(NoDocuments):
    """Takes every document in as one and the same draft."""

    def take_in(self, document: Document, *, start: bool) -> Plan:
        return plans.plan({"a": ""}, state=PlanState.PLANNED, project=REPO)


class Issue:
    """A plan of bob's, who may only read here."""

    def __init__(self, hub: Hub, github: GitHub, clock: MovedClock) -> None:
        self.hub = hub
        self.number = hub.create_issue(REPO, "bob", "Site", PLAN).number
        hub.add_labels(REPO, self.number, "ada", "phasebot-plan")
        self.resolve = Resolver(
            Sources(
                find=lambda _project, _id: None,
                github=github,
                markers=Markers(KEY),
                now=clock,
                documents=Drawer(),
                linked=lambda link: b"",
            )
        )

    def told(self, action: str, login: str) -> list[Message]:
        """What the event means that says so."""
        shapes, reading = Shapes("http://127.0.0.1", "http://127.0.0.1"), self.hub.repository(REPO)
        event = {
            "action": action,
            "issue": shapes.issue(reading.issue(self.number)),
            "changes": {"body": {"from": ""}},
            "repository": shapes.repository(reading.value),
            "sender": shapes.user(self.hub.people.named(login)),
        }
        body, at = json.dumps(event).encode(), self.hub.clock()
        return list(self.resolve(Delivery(id="d", source="github", received_at=at, event="issues", body=body)))

    def edited_by(self, login: str) -> tuple[int, int]:
        """How many previews that leads to, and how many requests it costs."""
        self.hub.requests.clear()
        found = self.told("edited", login)
        return len([one for one in found if isinstance(one, Say)]), len(self.hub.requests)


@pytest.fixture
def issue(hub: Hub, github: GitHub, clock: MovedClock) -> Issue:
    assert github.login
    return Issue(hub, github, clock)


def test_edits_by_somebody_who_may_not_write_are_looked_at_now_and_then(issue: Issue, clock: MovedClock) -> None:
    assert len(issue.told("labeled", "ada")) == 1

    previews, requests = issue.edited_by("bob")
    assert (previews, requests) == (1, 2), "their role, and the issue"
    assert [issue.edited_by("bob") for _ in range(50)] == [(0, 0)] * 50

    clock.advance(minutes=2)
    assert issue.edited_by("bob") == (0, 1), "their role may be another one by now"
    clock.advance(minutes=8)
    assert issue.edited_by("bob")[0] == 1


def test_edits_by_somebody_who_may_write_are_looked_at_each_time(issue: Issue) -> None:
    issue.edited_by("bob")
    issue.edited_by("bob")
    assert issue.edited_by("wes") == (1, 2)
    assert issue.edited_by("wes") == (1, 1)


def test_who_may_write_since_a_moment_ago_is_heard_soon(issue: Issue, hub: Hub, clock: MovedClock) -> None:
    issue.edited_by("bob")
    hub.add_collaborator(REPO, "bob", "write")
    assert issue.edited_by("bob") == (0, 0)
    clock.advance(minutes=1)
    assert issue.edited_by("bob")[0] == 1
