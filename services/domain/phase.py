"""A phase: a node of the plan's graph, with the rules it runs under and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.domain.attempts import Attempt, AttemptKind, AttemptState
from services.domain.failure import Failure
from services.domain.rules import ACTIONS as ACTIONS  # noqa: PLC0414
from services.domain.rules import AGENT as AGENT  # noqa: PLC0414
from services.domain.rules import CI as CI  # noqa: PLC0414
from services.domain.rules import LOCAL as LOCAL  # noqa: PLC0414
from services.domain.rules import MANUAL as MANUAL  # noqa: PLC0414  for those who know the phase alone
from services.domain.rules import OnError as OnError  # noqa: PLC0414
from services.domain.rules import Operation as Operation  # noqa: PLC0414
from services.domain.rules import Qa as Qa  # noqa: PLC0414
from services.domain.rules import Rules as Rules  # noqa: PLC0414
from services.domain.transitions import PhaseState, Trigger, allows, next_state


class QueueStatus(StrEnum):
    """What people see of a phase everywhere: the stored state, and for a waiting phase whether it may start."""

    QUEUED = "queued"
    READY = "ready"
    BLOCKED = "blocked"
    RUNNING = "running"
    NEEDS_QA = "needs_qa"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class IssueRef:
    """An issue on GitHub: `id` is the database id that links want, `number` the one people see."""

    number: int
    id: int


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of a plan. Values; every change makes a new one.

    `ordinal` is its place in the plan, from 1; `number` the number as written. `attempt` is the newest attempt, `attempts`
    how many there ever were. `failures` counts automatic retries spent, `losses` attempts lost since the last retry by hand.
    `priority` None: that of the plan. `serial` counts the phases that ever joined the plan and stays when others come and go;
    0 becomes the ordinal. `expires_at` is when a wait for a person has lasted too long. `leaving`: taken out of the document
    while it ran; it goes when its execution has ended. `ticked`: its document, as it was last read, says that it is done.
    `admitted`: its conditions held, or a person wants it in spite of them; they are not asked again.
    `paths` are the files that its tasks name: two phases that name the same one do not run at once.
    `status` is computed from the graph by `status.settle` and kept here so that everyone reads the same.
    """

    key: str
    ordinal: int
    title: str
    number: str | None = None
    rules: Rules = field(default_factory=Rules)
    state: PhaseState = PhaseState.WAITING
    status: QueueStatus = QueueStatus.QUEUED
    attempt: Attempt | None = None
    attempts: int = 0
    failures: int = 0
    losses: int = 0
    not_before: datetime | None = None
    admitted: bool = False
    approved_by: str = ""
    failure: Failure | None = None
    issue: IssueRef | None = None
    linked: bool = False
    priority: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    serial: int = 0
    leaving: bool = False
    ticked: bool = False
    removed_at: datetime | None = None
    expires_at: datetime | None = None
    paths: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.serial:
            object.__setattr__(self, "serial", self.ordinal)

    def on(self, trigger: Trigger, **changes: Any) -> Phase:
        """The phase after `trigger`, with `changes` to its other fields. Raises NoTransition."""
        return replace(self, state=next_state(self.state, trigger), **changes)

    def allows(self, trigger: Trigger) -> bool:
        return allows(self.state, trigger)

    @property
    def name(self) -> str:
        """How people call it: the number as written, if any, and the title."""
        return f"{self.number}: {self.title}" if self.number else self.title

    @property
    def place(self) -> str:
        """By which labels call it: the number as written, or the place in the plan where there is none."""
        return self.number or str(self.ordinal)

    @property
    def is_satisfied(self) -> bool:
        """Dependents may go on: completed, skipped, or failed under `on_error: continue`."""
        return self.state in _DONE or (self.state is PhaseState.FAILED and self.rules.on_error is OnError.CONTINUE)

    @property
    def is_in_flight(self) -> bool:
        """An execution whose result is wanted, or its verdict, is under way."""
        return self.state in _IN_FLIGHT

    @property
    def kind(self) -> AttemptKind:
        """What the next attempt would be for, or the newest one is."""
        return AttemptKind.QA if self.state is PhaseState.NEEDS_QA else AttemptKind.WORK

    @property
    def next_executor(self) -> str:
        """Where the next attempt would run."""
        return self.rules.executor if self.kind is AttemptKind.WORK else self.rules.checker

    @property
    def done_by(self) -> str:
        """Whose work there is: that of the executor whose attempt passed, else a person's."""
        attempt = self.attempt
        if attempt is not None and attempt.kind is AttemptKind.QA:
            return self.rules.executor
        return attempt.executor if attempt is not None and attempt.state is AttemptState.SUCCEEDED else MANUAL

    @property
    def lacks_verdict(self) -> bool:
        """A machine is to give the verdict, and none is at it."""
        attempt = self.attempt
        is_awaited = self.state is PhaseState.NEEDS_QA and self.rules.qa.is_by_machine
        return is_awaited and not (attempt is not None and attempt.state.is_in_flight)

    @property
    def is_at_gate(self) -> bool:
        """Only an approval is missing, as far as the phase itself goes."""
        return self.status is QueueStatus.READY and self.rules.approval and not self.approved_by

    @property
    def awaits_person(self) -> bool:
        """Nothing moves until a person approves, or gives the verdict."""
        return self.is_at_gate or (self.state is PhaseState.NEEDS_QA and not self.rules.qa.is_by_machine)

    @property
    def is_stopping(self) -> bool:
        """A superseded execution may still be going on."""
        return self.attempt is not None and self.attempt.state.is_live and not self.attempt.state.is_in_flight


_DONE = frozenset({PhaseState.COMPLETED, PhaseState.SKIPPED})
_IN_FLIGHT = frozenset({PhaseState.RUNNING, PhaseState.NEEDS_QA})
