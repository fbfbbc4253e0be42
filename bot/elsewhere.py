"""What runs elsewhere: the executors that reach it, which attempt a run carries out, and a look at those that are silent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.executors.actions import ActionsExecutor, MakeTicket, WorkflowRuns
from bot.executors.agent import AgentExecutor, HostedAgents
from bot.executors.ci import CiExecutor
from bot.gate import REMOTE_LEASE
from bot.store import Store
from bot.store.lookups import LiveAttempt, Lookups
from bot.store.plan_rows import phase_id
from services.domain.attempts import Attempt
from services.domain.errors import TransientError, UserError
from services.domain.messages import Report
from services.domain.phase import Phase
from services.domain.rules import AGENT, Rules
from services.execution.workflow_runs import Carried, Run, correlated
from services.ports import Clock, RemoteExecutor, Reports

if TYPE_CHECKING:
    from bot.executors.registry import Executors

log = structlog.get_logger()


def remote_executors(
    runs: Callable[[], WorkflowRuns], lookups: Lookups, clock: Clock, ticket: MakeTicket, *, patience: timedelta
) -> tuple[ActionsExecutor, CiExecutor]:
    """Those of Actions and of CI. `runs` is asked for the client only when there is something to do."""
    return ActionsExecutor(runs, clock, ticket, patience=patience), CiExecutor(runs, lookups.work_of, clock)


@dataclass(frozen=True, slots=True)
class Waits:
    """How long nothing may be heard of an attempt before it is looked at, and a run be queued before people are told."""

    silence: timedelta
    patience: timedelta


def agent_executor(agents: Callable[[], HostedAgents], store: Store, clock: Clock) -> AgentExecutor:
    """That of hosted agents; the client, too, is asked for only then."""

    def refs_of(plan: str, phase: Phase) -> list[str]:
        return [one.ref for one in store.views.attempts(phase_id(plan, phase))]

    def phase_of(plan: str, phase: str) -> Phase | None:
        found = store.lookups.plan(plan)
        return found.phases.get(phase) if found else None

    return AgentExecutor(agents, phase_of, refs_of, clock)


class Elsewhere:
    """Everything about attempts that other machines carry out. Callable from any thread."""

    def __init__(self, lookups: Lookups, executors: Executors, clock: Clock, *, waits: Waits, tell: Reports) -> None:
        """`tell` takes what is seen."""
        self._lookups = lookups
        self._executors = executors
        self._clock = clock
        self._silence = waits.silence
        self.patience = waits.patience
        self._tell = tell

    def carried_by(self, project: str, run: Run, *, path: str = "") -> Carried | None:
        """The live attempt that the run carries out: by its id and attempt; or by its title, if it was started by the workflow
        at `path` and nobody has told its id yet. A title alone proves nothing: people write titles, too."""
        found = self._lookups.running(project, run.ref) or (self._by_title(project, run, path) if path else None)
        return self._carried(project, found) if found and found.attempt.state.is_live else None

    def watched(self, project: str, sha: str) -> list[Carried]:
        """The checks that wait for what CI says of this commit."""
        found = self._lookups.watching(project, sha)
        return [self._carried(project, one) for one in found if one.attempt.state.is_in_flight]

    def at_agents(self, project: str) -> list[Carried]:
        """What hosted agents work at in a project."""
        found = [one for one in self._lookups.live_attempts() if one.attempt.executor == AGENT]
        plans = {plan.id for plan in self._lookups.plans(one.plan for one in found).values() if plan.project == project}
        return [self._carried(project, one) for one in found if one.plan in plans]

    def carried(self, plan_id: str, phase: str) -> Carried | None:
        """The newest attempt of a phase, wherever it runs."""
        plan = self._lookups.plan(plan_id)
        found = plan.phases.get(phase) if plan else None
        return Carried(plan.project, plan.id, phase, found.attempt) if plan and found and found.attempt else None

    def fenced(self, plan_id: str, fence: int) -> Carried | None:
        """The attempt with this fence, if it is the newest of its phase."""
        plan = self._lookups.plan(plan_id)
        for phase in plan or ():
            if plan and phase.attempt is not None and phase.attempt.fence == fence:
                return Carried(plan.project, plan.id, phase.key, phase.attempt)
        return None

    def look_at(self, of: Carried) -> Sequence[Report]:
        """What has become of it. Raises TransientError, RemoteUnavailable."""
        executor: RemoteExecutor | None = self._executors.remote(of.attempt.executor)
        return executor.look(of) if executor else ()

    def look(self) -> None:
        """At all of which nothing was heard for a while: webhooks may be lost, or switched off."""
        remote = self._executors.remote_names
        for live in self._lookups.live_attempts():
            if live.attempt.executor in remote and self._is_silent(live.attempt):
                self._look_at(live)

    def _look_at(self, live: LiveAttempt) -> None:
        plan = self._lookups.plan(live.plan)
        if plan is None:
            return
        try:
            for report in self.look_at(self._carried(plan.project, live)):
                self._tell(report)
        except (TransientError, UserError) as error:  # the next look may be better; past its lease the attempt is lost
            log.warning("run_not_seen", plan=live.plan, phase=live.phase, error=str(error))

    def _is_silent(self, attempt: Attempt) -> bool:
        if attempt.lease_until is None or not attempt.ref:
            return False
        return self._clock.now() - (attempt.lease_until - REMOTE_LEASE) >= self._silence

    def _by_title(self, project: str, run: Run, path: str) -> LiveAttempt | None:
        named = correlated(run.title)
        plan = self._lookups.plan(named[0]) if named else None
        if not named or plan is None or plan.project != project:
            return None
        for phase in plan:
            attempt = phase.attempt
            if attempt is not None and attempt.fence == named[1] and not attempt.ref and _is_for(phase.rules, path):
                return LiveAttempt(plan.id, phase.key, attempt)
        return None

    def _carried(self, project: str, found: LiveAttempt) -> Carried:
        return Carried(project, found.plan, found.phase, found.attempt)


def _is_for(rules: Rules, path: str) -> bool:
    return path.partition("@")[0].rpartition("/")[2] in {rules.workflow, rules.qa_workflow} - {""}
