"""The desk for workers: where they take attempts, say that they still run them, and how they ended.

Whatever they say comes with the ticket of the attempt, and is believed only of the worker that took it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.executors.attempt_log import HEAD, TAIL, log_path
from bot.store.lookups import Lookups
from bot.tickets import Subject, Tickets
from bot.workspaces.origins import Access
from services.domain.attempts import Attempt, Outcome, Result
from services.domain.failure import Failure
from services.domain.messages import AttemptFinished, AttemptRenewed, AttemptTaken, Report
from services.domain.rules import LOCAL
from services.execution.assigning import assignment_of
from services.ports import Assignment, Clock, Delivery

Lent = Callable[[str, Access], "tuple[str, str] | None"]
"""Where a project's repository is, and what opens it; None: nobody knows of one."""
LARGEST_LOG = HEAD + TAIL + 4096
assignments: TypeAdapter[Assignment] = TypeAdapter(Assignment)


class Ended(BaseModel):
    """How an attempt ended, in a worker's words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    failure: Failure | None = None
    result: Result | None = None
    worker: str = Field(max_length=200)


class Place(BaseModel):
    """Where the repository of an attempt's project is, and the token that a worker without one may use. "": none."""

    model_config = ConfigDict(frozen=True)

    url: str = ""
    token: str = Field("", repr=False)


class Gone(Exception):
    """The attempt is not this worker's: it was stopped, has ended, or somebody else has it."""


class WorkerDesk:
    """Callable from any thread. Raises Gone wherever the ticket is of no use (any more)."""

    def __init__(
        self,
        lookups: Lookups,
        receive: Callable[..., Future[Any]],
        tickets: Tickets,
        *,
        clock: Clock,
        log_dir: Path,
        lent: Lent,
    ) -> None:
        self._lookups = lookups
        self._receive = receive
        self._tickets = tickets
        self._clock = clock
        self._log_dir = log_dir
        self._lent = lent

    def take(self, ticket: str, worker: str) -> Assignment:
        """The attempt is the worker's from now on; asking again gives the same."""
        subject = self._subject(ticket)
        self._find(subject)
        self._tell(
            AttemptTaken(
                plan=subject.plan,
                phase=subject.phase,
                fence=subject.fence,
                cause=f"{subject.plan}/{subject.phase}/{subject.fence}/taken/{worker}",
                worker=worker,
            )
        )
        assignment = self._find(subject)
        if not _is_wanted(assignment, worker):
            raise Gone
        return assignment

    def place(self, ticket: str, worker: str, access: Access) -> Place:
        """Where the worker's attempt finds its repository. Raises what `bot.github.errors` names."""
        assignment = self._find(self._mine(ticket, worker))
        if not _is_wanted(assignment, worker):
            raise Gone
        found = self._lent(assignment.project, access)
        return Place(url=found[0], token=found[1]) if found else Place()

    def renew(self, ticket: str, worker: str, turn: int) -> None:
        """It is alive, and so is the attempt."""
        subject = self._mine(ticket, worker)
        if not _is_wanted(self._find(subject), worker):
            raise Gone
        cause = f"{subject.plan}/{subject.phase}/{subject.fence}/renewed/{turn}"
        self._tell(AttemptRenewed(plan=subject.plan, phase=subject.phase, fence=subject.fence, cause=cause))

    def end(self, ticket: str, ended: Ended) -> None:
        """Whether that still matters is not the worker's business: it has done its part."""
        subject = self._mine(ticket, ended.worker)
        failure = ended.failure and self._with_our_log(subject, ended.failure)
        self._tell(AttemptFinished.of(subject.plan, subject.phase, subject.fence, ended.outcome, failure, ended.result))

    def output(self, ticket: str, worker: str, offset: int, chunk: bytes) -> None:
        """Keep a piece of the output where it belongs; the same piece twice is one."""
        subject = self._mine(ticket, worker)
        path = self._log_of(subject)
        if offset + len(chunk) > LARGEST_LOG:
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.seek(offset)
            file.write(chunk)

    # ------------------------------------------------------------ inside

    def _subject(self, ticket: str) -> Subject:
        subject = self._tickets.read(ticket)
        if subject is None:
            raise Gone
        return subject

    def _mine(self, ticket: str, worker: str) -> Subject:
        subject = self._subject(ticket)
        attempt = self._find(subject).phase.attempt
        if attempt is None or attempt.ref != worker:
            raise Gone
        return subject

    def _find(self, subject: Subject) -> Assignment:
        plan = self._lookups.plan(subject.plan)
        phase = plan and (plan.phases.get(subject.phase) or plan.removed.get(subject.phase))
        attempt: Attempt | None = phase.attempt if phase else None
        if not plan or not phase or not attempt or (attempt.fence, attempt.executor) != (subject.fence, LOCAL):
            raise Gone
        return assignment_of(plan, phase, subject.fence)

    def _tell(self, report: Report) -> None:
        """Durable, and applied, when it returns."""
        self._receive(Delivery.of(report, "worker", self._clock.now())).result()

    def _log_of(self, subject: Subject) -> Path:
        return log_path(self._log_dir, subject.plan, subject.phase, subject.fence)

    def _with_our_log(self, subject: Subject, failure: Failure) -> Failure:
        """A path on the worker's machine says nothing here."""
        if "log" not in failure.details:
            return failure
        return replace(failure, details={**failure.details, "log": str(self._log_of(subject))})


def _is_wanted(assignment: Assignment, worker: str) -> bool:
    attempt = assignment.phase.attempt
    return attempt is not None and attempt.ref == worker and attempt.state.is_in_flight
