"""The agent executor: a phase's issue is assigned to a hosted coding agent, whose pull request is followed to its merge.

What becomes of it is told by webhooks, and by looking: either is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.executors.actions import carried
from services.domain.attempts import AttemptState, Outcome
from services.domain.errors import UserError
from services.domain.messages import AttemptFinished, Report
from services.domain.phase import Phase
from services.domain.pull import PullState
from services.domain.rules import AGENT
from services.domain.world import Closed
from services.execution.agent_pulls import AgentPull, broke, news_of
from services.execution.workflow_runs import Carried, dispatched, renewal
from services.ports import Assignment, Clock

PhaseOf = Callable[[str, str], Phase | None]
"""A phase as it is now, by plan and key."""
RefsOf = Callable[[str, Phase], Collection[str]]
"""What all attempts at a phase of this plan are called: a pull request carries one of them out."""


class HostedAgents(Protocol):
    """Agents that issues can be assigned to. Every method raises TransientError, RemoteUnavailable, UserError."""

    def assign(self, project: str, issue: int, agent: str, *, base: str, model: str, anew: bool) -> str | None:
        """The page of the issue; None if that agent cannot be assigned there. `base` "": the default branch. `anew`: even if it
        is assigned already."""

    def unassign(self, project: str, issue: int, agent: str) -> None: ...
    def is_assigned(self, project: str, issue: int, agent: str) -> bool: ...
    def pull(self, project: str, number: int) -> AgentPull: ...

    def pulls_about(self, project: str, issue: int, agent: str, since: datetime) -> Iterator[AgentPull]:
        """Those of the agent that refer to the issue and were opened since then, the newest first."""


class AgentExecutor:
    """Implements `services.ports.RemoteExecutor`."""

    name = AGENT
    reports_itself = False
    closed: Closed | None = None
    slots: int | None = None

    def __init__(self, agents: Callable[[], HostedAgents], phase_of: PhaseOf, refs_of: RefsOf, clock: Clock) -> None:
        self._agents = agents
        self._refs_of = refs_of
        self._phase_of = phase_of
        self._clock = clock

    def begin(self, assignment: Assignment, *, uncertain: bool) -> Sequence[Report]:
        """Assign the issue. To assign one that is assigned already begins nothing, so that is what a second try does."""
        of, now = carried(assignment), self._clock.now()
        phase, rules = assignment.phase, assignment.phase.rules
        if phase.issue is None or not rules.agent:
            lacking = "the policy names no agent" if phase.issue else "the phase has no issue that could be assigned"
            return [broke(of, "agent_unavailable", lacking, now)]
        number = phase.issue.number
        try:
            page = self._agents().assign(
                assignment.project, number, rules.agent, base=rules.base, model=rules.model, anew=not uncertain
            )
        except UserError as error:
            return [broke(of, "agent_unavailable", f"{error.message}. {error.fix}".strip(), now)]
        if page is None:
            return [broke(of, "agent_unavailable", f"{rules.agent} cannot be assigned to issues here", now)]
        return [dispatched(of, f"issue/{number}", page)]

    def end(self, assignment: Assignment) -> Sequence[Report]:
        """The agent is taken off the issue. Its pull request stays for people to decide about."""
        self._unassign(assignment.project, assignment.phase)
        end = AttemptFinished.of(assignment.plan, assignment.phase.key, assignment.fence, Outcome.CANCELLED, None)
        return [end]

    def look(self, of: Carried) -> Sequence[Report]:
        """What has become of its pull request. Until there is one, the agent has as long as it may be silent. One that is not
        said to have begun is just being assigned, for which the agent may be taken off the issue first."""
        phase, now = self._phase_of(of.plan, of.phase), self._clock.now()
        is_begun = bool(of.attempt.ref) and of.attempt.state is not AttemptState.STOPPING
        if phase is None or phase.issue is None or not is_begun:
            return ()
        pull, agent = self._pull(of, phase), phase.rules.agent
        if pull is not None and pull.standing is not PullState.OPEN:
            return news_of(pull, of, now)
        if not self._agents().is_assigned(of.project, phase.issue.number, agent):
            return [broke(of, "unassigned", f"{agent} was taken off the issue.", now)]
        if pull is not None:
            return news_of(pull, of, now)
        patience = phase.rules.stalled_after
        if patience is not None and now - of.attempt.claimed_at >= patience:
            self._unassign(of.project, phase)
            return [broke(of, "stalled", _stalled(agent, patience), now, retryable=True)]
        return [renewal(of, now)]

    def _pull(self, of: Carried, phase: Phase) -> AgentPull | None:
        kind, _, number = of.attempt.ref.partition("/")
        if kind == "pull":
            return self._agents().pull(of.project, int(number))
        issue = phase.issue.number if phase.issue else 0
        found = self._agents().pulls_about(of.project, issue, phase.rules.agent, of.attempt.claimed_at)
        known = self._refs_of(of.plan, phase)
        return next((one for one in found if one.ref not in known), None)

    def _unassign(self, project: str, phase: Phase) -> None:
        if phase.issue is not None and phase.rules.agent:
            self._agents().unassign(project, phase.issue.number, phase.rules.agent)


def _stalled(agent: str, patience: timedelta) -> str:
    return f"{agent} has opened no pull request for the issue within {patience}."
