"""Ports: what the core asks of the shell, in the core's words. Adapters carry their technology in their name.

One `Work` is one transaction: what is done through its ports stands or falls together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from services.domain.attempts import AttemptKind
from services.domain.budgets import Spending
from services.domain.effects import Effect
from services.domain.events import Event
from services.domain.messages import Message, Report
from services.domain.phase import Operation, Phase
from services.domain.plan import Plan
from services.domain.texts import PhaseText as PhaseText  # noqa: PLC0414  for those who know the ports alone
from services.domain.texts import PlanText as PlanText  # noqa: PLC0414
from services.domain.world import Closed, Slots
from services.execution.workflow_runs import Carried


class Clock(Protocol):
    """The only source of the present moment (UTC, aware)."""

    def now(self) -> datetime: ...


# ---------------------------------------------------------------- the inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something that arrived, as it arrived. `id` is the sender's (GUID, request id): the same id twice is one delivery.

    A delivery whose messages are known on arrival (an order of our own, a report of an attempt) has them in `messages`;
    any other has None until it is resolved, and its raw `body` and `headers` say what it is.
    """

    id: str
    source: str
    received_at: datetime
    event: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[Message, ...] | None = None

    @classmethod
    def of(cls, message: Message, source: str, at: datetime) -> Delivery:
        """One message of our own, known by its cause."""
        return cls(id=message.cause, source=source, received_at=at, event=message.kind, messages=(message,))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a delivery means."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Unclear:
    """What a delivery means could not be found out; at `retry_at` it is tried again. None: it is dead."""

    error: str
    retry_at: datetime | None


class Inbox(Protocol):
    """Deliveries: received → resolved → applied, or failed, or dead."""

    def receive(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Write them down. For each: True if new (or a redelivery of one that failed), False if it is already here."""

    def received(self, limit: int) -> list[Delivery]:
        """Those still to be resolved, oldest first."""

    def resolve(self, id: str, messages: Sequence[Message]) -> None:
        """What the delivery means, frozen beside it."""

    def resolved(self, limit: int) -> list[Delivery]:
        """Those still to be applied, oldest first."""

    def finish(self, ids: Sequence[str]) -> None:
        """Applied: nothing more is to be done about them."""

    def fail(self, id: str, error: str, *, retry_at: datetime | None) -> None:
        """Not applied: tried again at `retry_at`, or dead (kept, shown, replayable) where that is None."""

    def next_retry(self) -> datetime | None:
        """The earliest moment at which a failed delivery waits to be tried again."""

    def first_time(self, causes: Collection[str]) -> set[str]:
        """Those causes that have never been applied before; they count as applied from now on."""


# ---------------------------------------------------------------- plans


class Plans(Protocol):
    """Plans with their phases and attempts."""

    def add(self, plan: Plan, text: PlanText) -> None:
        """Store a new plan."""

    def find(self, id: str) -> Plan | None:
        """The plan as it is now; for reading."""

    def find_source(self, project: str, source: str) -> Plan | None:
        """The newest plan made from this source in this project."""

    def locked(self, ids: Collection[str]) -> dict[str, Plan]:
        """The plans, held by this Work until it ends. Those that another coordinator holds, or that are gone, are left out."""

    def save(self, before: Plan, after: Plan, wake_at: datetime | None) -> Plan:
        """Write what changed; gives the plan back as it will be read. Its version rises by one with each Work that saves it,
        however often. `before` must come from `locked` or `save`. Attempts seen here are the history: save before a phase
        gets a second new attempt in one Work. Raises PlanMoved."""

    def rewrite(self, id: str, text: PlanText) -> None:
        """Other bodies for a plan that this Work holds: the overview, and those of the phases that are given."""

    def startable(self, limit: int) -> list[str]:
        """Ids of active plans with a ready phase, the most urgent first."""

    def due(self, now: datetime) -> list[str]:
        """Ids of plans whose moment to be woken has come."""

    def next_wake(self) -> datetime | None:
        """The earliest moment at which any plan asked to be woken."""

    def text(self, id: str) -> PlanText:
        """The bodies of a plan."""

    def spending(self, plan: Plan, since: datetime) -> Spending:
        """What the plan and its project have used, and the project since that moment; with what this Work has saved."""

    def slots(self) -> Slots:
        """The slots taken now. Holds the allocation lock until this Work ends, so that two coordinators never overbook."""


# ---------------------------------------------------------------- the outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One effect on its way. `tries` counts this one; from 2 on it may have happened already, but not before `wished_at`."""

    id: int
    project: str
    effect: Effect
    tries: int
    wished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a sending: done, to be tried again at `retry_at`, or dead (`error` set, no `retry_at`).

    `kept`: whoever holds it tries again by himself; this is for people to see what it waits for.
    """

    id: int
    error: str = ""
    retry_at: datetime | None = None
    kept: bool = False


class Outbox(Protocol):
    """Effects still to be carried out, in the order in which they were wished for."""

    def add(self, project: str, effects: Sequence[Effect], *, holder: str) -> list[Sending]:
        """Store them, claimed by `holder` at once. A key that is already stored is left out."""

    def claim(self, holder: str, limit: int) -> list[Sending]:
        """Take over what nobody holds any more (a dead process, a retry whose time has come), oldest first."""

    def mark(self, outcomes: Sequence[Sent]) -> None:
        """Write down what became of sendings."""

    def next_retry(self) -> datetime | None:
        """The earliest moment at which something waits to be tried again."""


class Events(Protocol):
    """The audit trail."""

    def append(self, events: Iterable[Event], at: datetime) -> None: ...


class Projects(Protocol):
    """The repositories that are served."""

    def add(self, id: str) -> None:
        """Serve it, if it is not served yet. `Plans.add` does so by itself."""

    def pause(self, id: str) -> None:
        """Start nothing new in it."""

    def resume(self, id: str) -> None:
        """Go on after a pause, whatever it was for."""

    def see(self, id: str, *, name: str, paused_for: str, repository: int | None = None) -> bool:
        """What a look at its repository has shown: what it is called by now, why nothing can be done there, "" if it can, and
        its number, None if that was not seen. Plans, and what is still to be done for them, follow to the new name; a project
        of another number that had this name is set aside. True if that is news."""

    def paused(self) -> Mapping[str, str]:
        """Those that are paused, and why, where it was not a person's wish."""


class Work(Protocol):
    """One transaction over all of them. Leaving the context without an exception commits."""

    @property
    def inbox(self) -> Inbox: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def events(self) -> Events: ...
    @property
    def projects(self) -> Projects: ...


class OpenWork(Protocol):
    """Begins a transaction."""

    def __call__(self) -> AbstractContextManager[Work]: ...


# ---------------------------------------------------------------- execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What an executor is given: which attempt of which phase, under which rules (`phase.rules`). `before` are the phases whose
    results it begins with, in plan order."""

    plan: str
    plan_title: str
    phase: Phase
    fence: int
    project: str = ""
    before: tuple[Phase, ...] = ()

    @property
    def is_check(self) -> bool:
        """It is to give a verdict, not to do the work."""
        return self.phase.attempt is not None and self.phase.attempt.kind is AttemptKind.QA

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The steps of this attempt: those of the work, or those that check it."""
        check = self.phase.rules.qa_operation
        return self.phase.rules.operations if not self.is_check else (check,) if check else ()

    @property
    def timeout(self) -> timedelta | None:
        """How long it may take; None for no limit."""
        rules = self.phase.rules
        return rules.check_timeout if self.is_check else rules.work_timeout


class Reports(Protocol):
    """Where an executor's news go: into the inbox, to be applied together with whatever else is ready."""

    def __call__(self, report: Report) -> None: ...


class Executor(Protocol):
    """Where attempts run. The result always comes back as a report."""

    name: str

    def dispatch(self, assignment: Assignment) -> None:
        """Begin; returns at once. Dispatching the same fence twice is dispatching it once. Raises TransientError."""

    def stop(self, plan: str, phase: str, fence: int) -> None:
        """End this attempt if it runs; its end is reported (cancelled). One that is unknown is reported as ended, too."""


class RemoteExecutor(Protocol):
    """Where attempts run on machines that are not ours and have no heartbeat: what is done there takes a request, so it is done
    by the outbox, and done again where it is not certain. All raise TransientError, RemoteUnavailable.

    `reports_itself`: whoever runs the attempt is ours, renews its lease and says how it ended.
    """

    name: str
    reports_itself: bool

    @property
    def closed(self) -> Closed | None:
        """Why nothing can be begun there now; None if it can."""

    @property
    def slots(self) -> int | None:
        """How many attempts can be under way there at once; None where that is not known."""

    def begin(self, assignment: Assignment, *, uncertain: bool) -> Sequence[Report]:
        """Begin, and say what is known then. `uncertain`: it may have been begun already, so look first."""

    def end(self, assignment: Assignment) -> Sequence[Report]:
        """Have this attempt ended. The end is reported when it has come: now, or later by webhook or `look`."""

    def look(self, of: Carried) -> Sequence[Report]:
        """What has become of an attempt that nothing was heard of for a while."""
