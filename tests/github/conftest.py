"""A tracker over HTTP, the bot's account on it, and a desk that carries effects out one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

import pytest

from bot.github.client import GitHub
from bot.github.events.documents import Document, Ruling
from bot.github.perform import Performer
from bot.github.session import Access
from bot.localhub import Hub, HubServer
from bot.localhub.reading import RepositoryReading
from bot.localhub.values import Comment, Issue
from bot.policies import CurrentPolicy
from services.coordinator.new_version import NewVersion
from services.coordinator.orders import with_issue, with_links
from services.domain.effects import Effect, PostComment, RefreshParent, SetIssueState
from services.domain.messages import DependenciesLinked, IssueCreated, Message
from services.domain.phase import IssueRef
from services.domain.plan import Plan
from services.domain.transitions import PhaseState
from services.planning.policy import Policy
from services.ports import PhaseText, PlanText, Sending
from services.publishing.markers import Markers
from services.publishing.publish import next_steps
from tests import plans
from tests.localhub.conftest import REPO, MovedClock, populate

BOT = "phasebot[bot]"
KEY = b"marker key of the tests"


class NoDocuments:
    """For those who hand in none: nothing is known, and no policy is there."""

    def ruling(self, project: str, commit: str = "", *, anew: bool = False) -> Ruling:
        return CurrentPolicy(policy=Policy())

    def known(self, document: Document) -> Plan | None:
        return None

    def take_in(self, document: Document, *, start: bool) -> Plan:
        raise AssertionError("nothing is handed in here")

    def compared(self, document: Document) -> NewVersion | None:
        return None


class Moment:
    """The hub's clock, as our port."""

    def __init__(self, clock: MovedClock) -> None:
        self.clock = clock

    def now(self) -> datetime:
        return self.clock()


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def hub(clock: MovedClock) -> Iterator[Hub]:
    hub = populate(Hub(None, clock))
    yield hub
    hub.close()


@pytest.fixture
def server(hub: Hub) -> Iterator[HubServer]:
    with HubServer(hub) as server:
        yield server


@pytest.fixture
def github(hub: Hub, server: HubServer, clock: MovedClock) -> Iterator[GitHub]:
    github = GitHub(Access(server.url, hub.create_token(BOT)), Moment(clock))
    yield github
    github.close()


def diamond(clock: MovedClock) -> Plan:
    """Four phases in a diamond, not yet published."""
    plan = plans.plan(
        {"a": "", "b": "a", "c": "a", "d": "b c"},
        title="Build the site",
        project=REPO,
        tracked=True,
        created_at=clock() - timedelta(seconds=5),
    )
    for phase in list(plan):
        plan = plan.with_phase(replace(phase, number=str(phase.ordinal)))
    return plan


@dataclass
class Desk:
    """A plan, and a performer that is given its effects as the outbox would give them."""

    github: GitHub
    hub: Hub
    plan: Plan
    performer: Performer = field(init=False)
    text: PlanText = field(init=False)
    done: int = 0

    def __post_init__(self) -> None:
        self.text = PlanText("What it is about.", {key: PhaseText(f"Do {key}.") for key in self.plan.phases})
        self.restart()

    def restart(self) -> None:
        """Another process goes on: nothing is remembered."""
        self.performer = Performer(lambda: self.github, Markers(KEY))

    def perform(self, effect: Effect, *, tries: int = 1) -> tuple[Message, ...]:
        self.done += 1
        sending = Sending(
            id=self.done, project=self.plan.project, effect=effect, tries=tries, wished_at=self.hub.clock()
        )
        return self.performer.perform(sending, self.plan, self.text)

    def carry_out(self, effect: Effect, *, tries: int = 1) -> None:
        """Perform it and let the plan know."""
        for fact in self.perform(effect, tries=tries):
            match fact:
                case IssueCreated():
                    self.plan = with_issue(self.plan, fact.phase, fact.issue)
                case DependenciesLinked():
                    self.plan = with_links(self.plan, fact.phase)
                case _:
                    raise AssertionError(f"no fact of publishing: {fact}")

    def publish(self) -> Desk:
        while steps := next_steps(self.plan):
            for step in steps:
                self.carry_out(step)
        return self

    # ------------------------------------------------ effects

    def refresh(self, *, tries: int = 1) -> None:
        self.perform(RefreshParent(plan=self.plan.id, key=f"refresh:{self.done}"), tries=tries)

    def says(self, body: str, phase: str | None = None, *, key: str = "said", tries: int = 1) -> None:
        self.perform(PostComment(plan=self.plan.id, key=key, phase=phase, body=body), tries=tries)

    def sets(
        self,
        phase: str | None,
        state: Literal["open", "closed"],
        reason: Literal["completed", "not_planned", "reopened"],
        *,
        tries: int = 1,
    ) -> tuple[Message, ...]:
        effect = SetIssueState(plan=self.plan.id, key="state", phase=phase, state=state, reason=reason)
        return self.perform(effect, tries=tries)

    # ------------------------------------------------ how things stand

    @property
    def there(self) -> RepositoryReading:
        return self.hub.repository(REPO)

    def issue(self, phase: str | None = None) -> Issue:
        return self.there.issue(self.ref(phase).number)

    def ref(self, phase: str | None = None) -> IssueRef:
        ref = self.plan.phase(phase).issue if phase else self.plan.issue
        assert ref is not None, "no issue yet"
        return ref

    def comments(self, phase: str | None = None) -> tuple[Comment, ...]:
        return self.there.comments(self.ref(phase).number)

    def ends(self, key: str, state: PhaseState = PhaseState.COMPLETED) -> Desk:
        self.plan = self.plan.with_phase(replace(self.plan.phase(key), state=state))
        return self

    def writes(self) -> list[str]:
        """Requests since the log was last cleared that change something."""
        return [f"{one.method} {one.path}" for one in self.hub.requests if one.method != "GET"]


@pytest.fixture
def desk(github: GitHub, hub: Hub, clock: MovedClock) -> Desk:
    return Desk(github, hub, diamond(clock))
