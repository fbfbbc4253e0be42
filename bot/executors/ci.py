"""The ci executor: starts nothing. It waits for what CI says of a phase: a callback, or the checks of its commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.executors.actions import WorkflowRuns, carried
from services.domain.attempts import Attempt, AttemptState, Outcome
from services.domain.messages import AttemptFinished, Report
from services.domain.rules import ACTIONS, CI
from services.domain.world import Closed
from services.execution.workflow_runs import Carried, aggregated, dispatched, others, renewal
from services.ports import Assignment, Clock

WorkOf = Callable[[str, str], Attempt | None]
"""The newest attempt at the work of a phase, by plan and key."""


class CiExecutor:
    """Implements `services.ports.RemoteExecutor`. An attempt is called by the commit it watches, and the run that made it."""

    name = CI
    reports_itself = False
    closed: Closed | None = None
    slots: int | None = None

    def __init__(self, runs: Callable[[], WorkflowRuns], work_of: WorkOf, clock: Clock) -> None:
        self._runs = runs
        self._work_of = work_of
        self._clock = clock

    def begin(self, assignment: Assignment, *, uncertain: bool) -> Sequence[Report]:
        """Find the commit that has the work, where it was pushed, or that it was done on, where it was done by a run; anything
        else is told by a callback."""
        of, work = carried(assignment), self._work_of(assignment.plan, assignment.phase.key)
        if work is not None and work.changes is not None and work.changes.head:
            return [dispatched(of, f"{work.changes.head}/")]
        if work is None or work.executor != ACTIONS or not work.ref:
            return [dispatched(of, "callback")]
        run = self._runs().get(assignment.project, int(work.ref.partition("/")[0]))
        return [dispatched(of, f"{run.sha}/{run.id}", run.url)]

    def end(self, assignment: Assignment) -> Sequence[Report]:
        """Nothing of ours is going on."""
        end = AttemptFinished.of(assignment.plan, assignment.phase.key, assignment.fence, Outcome.CANCELLED, None)
        return [end]

    def look(self, of: Carried) -> Sequence[Report]:
        """All checks of the commit but those of the work itself, as one verdict; while there is none, it is waited for."""
        sha, is_known, run = of.attempt.ref.partition("/")
        if of.attempt.state is AttemptState.STOPPING or not of.attempt.ref:
            return ()
        checks = others(self._runs().checks(of.project, sha), run) if is_known else []
        verdict = aggregated(checks, self._clock.now())
        if verdict is None:
            return [renewal(of, self._clock.now())]
        return [AttemptFinished.of(of.plan, of.phase, of.attempt.fence, *verdict)]
