"""The actions executor: an attempt is a run of a workflow, which is given ids only and fetches what it needs itself.

Starting a run is not idempotent, so it is looked for by its title before it is started again. What becomes of it is told by
webhooks, and by looking: either is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from services.domain.attempts import AttemptState, Outcome
from services.domain.errors import TransientError, UserError
from services.domain.failure import Failure
from services.domain.messages import AttemptFinished, Report
from services.domain.rules import ACTIONS
from services.domain.world import Closed
from services.execution.workflow_runs import Carried, Check, Run, correlation_id, news_of
from services.ports import Assignment, Clock

CLOCKS_APART = timedelta(minutes=5)
"""How far the server's clock may be behind ours."""


TICKET_INPUT = "{ticket}"
"""As the value of an input in the policy: a ticket with which the job can report once, made when the run is started."""

MakeTicket = Callable[[Assignment], str]


class WorkflowRuns(Protocol):
    """Runs of workflows on some server. Every method raises TransientError, RemoteUnavailable, UserError."""

    def start(self, project: str, workflow: str, ref: str, inputs: Mapping[str, str]) -> int | None: ...
    def find(self, project: str, workflow: str, title: str, since: datetime) -> Run | None: ...
    def get(self, project: str, id: int) -> Run: ...
    def cancel(self, project: str, id: int, *, force: bool = False) -> None: ...
    def rerun_failed(self, project: str, id: int) -> None: ...
    def checks(self, project: str, sha: str) -> list[Check]: ...


class ActionsExecutor:
    """Implements `services.ports.RemoteExecutor`."""

    name = ACTIONS
    reports_itself = False
    closed: Closed | None = None
    slots: int | None = None

    def __init__(
        self, runs: Callable[[], WorkflowRuns], clock: Clock, ticket: MakeTicket, *, patience: timedelta
    ) -> None:
        """`patience` is how long a run may be queued before people are told."""
        self._runs = runs
        self._clock = clock
        self._ticket = ticket
        self._patience = patience

    def begin(self, assignment: Assignment, *, uncertain: bool) -> Sequence[Report]:
        """Start the run and say what it is called. `uncertain`: it may have been started before."""
        try:
            run = self._begun(assignment, uncertain=uncertain)
        except TransientError:
            raise
        except UserError as error:
            return [_impossible(assignment, str(error), self._clock.now())]
        return news_of(run, carried(assignment), self._clock.now(), self._patience)

    def _begun(self, assignment: Assignment, *, uncertain: bool) -> Run:
        workflow = workflow_of(assignment)
        if not workflow:
            raise UserError("the policy names no workflow for this phase", fix="Say `workflow: <file>`.")
        attempt = carried(assignment).attempt
        if attempt.rerun_of:
            return self._rerun(assignment.project, attempt.rerun_of)
        found = self._found(assignment) if uncertain else None
        if found is not None:
            return found
        inputs = self._with_ticket(assignment, inputs_of(assignment))
        id = self._runs().start(assignment.project, workflow, assignment.phase.rules.ref, inputs)
        run = self._runs().get(assignment.project, id) if id is not None else self._found(assignment)
        if run is None:
            raise TransientError("the run was started, but cannot be seen yet")
        return run

    def _with_ticket(self, assignment: Assignment, inputs: Mapping[str, str]) -> dict[str, str]:
        """Only where the policy says so: whoever may read the run sees its inputs."""
        wants = any(value == TICKET_INPUT for value in inputs.values())
        ticket = self._ticket(assignment) if wants else ""
        return {name: ticket if value == TICKET_INPUT else value for name, value in inputs.items()}

    def _rerun(self, project: str, before: str) -> Run:
        """Only what failed, as the next attempt of the same run; once, however often this is asked."""
        id, attempt = (int(one) for one in before.split("/"))
        run = self._runs().get(project, id)
        if run.attempt == attempt and run.is_over:
            self._runs().rerun_failed(project, id)
            run = self._runs().get(project, id)
        if run.attempt <= attempt:
            raise TransientError("the run was started again, but that cannot be seen yet")
        return run

    def _found(self, assignment: Assignment) -> Run | None:
        title = correlation_id(assignment.plan, assignment.fence)
        since = carried(assignment).attempt.claimed_at - CLOCKS_APART
        return self._runs().find(assignment.project, workflow_of(assignment), title, since)

    def end(self, assignment: Assignment) -> Sequence[Report]:
        """Ask for the end of the run. That it has ended is said when it has; of one that was never started, at once."""
        run = self._existing(assignment)
        if run is None or run.is_over:
            return [_ended(assignment)]
        try:
            self._runs().cancel(assignment.project, run.id)
        except TransientError:
            if not self._runs().get(assignment.project, run.id).is_over:
                raise
            return [_ended(assignment)]
        run = self._runs().get(assignment.project, run.id)
        return news_of(run, carried(assignment), self._clock.now(), self._patience)

    def _existing(self, assignment: Assignment) -> Run | None:
        """Its run, unless that has gone on to another attempt: then ours has ended."""
        ref = carried(assignment).attempt.ref
        if not ref:
            return self._found(assignment) if workflow_of(assignment) else None
        run = self._runs().get(assignment.project, int(ref.partition("/")[0]))
        return run if run.ref == ref else None

    def look(self, of: Carried) -> Sequence[Report]:
        """What has become of the run since. One that was told to stop and goes on is ended by force."""
        if not of.run_id:
            return ()
        run = self._runs().get(of.project, int(of.run_id))
        if of.attempt.state is AttemptState.STOPPING and not run.is_over:
            self._runs().cancel(of.project, run.id, force=True)
            run = self._runs().get(of.project, run.id)
        return news_of(run, of, self._clock.now(), self._patience)


def workflow_of(assignment: Assignment) -> str:
    """The file that does the work, or that checks it."""
    rules = assignment.phase.rules
    return rules.qa_workflow if assignment.is_check else rules.workflow


def inputs_of(assignment: Assignment) -> dict[str, str]:
    """Ids only: the text of a plan comes from people, and has no business in a workflow's expressions."""
    return {
        **assignment.phase.rules.inputs,
        "plan": assignment.plan,
        "phase": assignment.phase.key,
        "attempt": str(carried(assignment).attempt.number),
        "fence": str(assignment.fence),
        "correlation_id": correlation_id(assignment.plan, assignment.fence),
    }


def carried(assignment: Assignment) -> Carried:
    """Raises ValueError for an assignment without its attempt."""
    attempt = assignment.phase.attempt
    if attempt is None or attempt.fence != assignment.fence:
        raise ValueError("this attempt is no longer the newest of its phase")
    return Carried(assignment.project, assignment.plan, assignment.phase.key, attempt)


def _ended(assignment: Assignment) -> AttemptFinished:
    return AttemptFinished.of(assignment.plan, assignment.phase.key, assignment.fence, Outcome.CANCELLED, None)


def _impossible(assignment: Assignment, why: str, now: datetime) -> AttemptFinished:
    failure = Failure("workflow_invalid", why, tool=ACTIONS, timestamp=now.isoformat())
    return AttemptFinished.of(assignment.plan, assignment.phase.key, assignment.fence, Outcome.BROKE, failure)
