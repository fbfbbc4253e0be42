"""The pull requests of hosted coding agents as the core sees them, and what they mean for the attempts they carry out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.domain.attempts import AttemptState, Changes, Hold, Outcome, Result
from services.domain.failure import Failure
from services.domain.messages import AttemptFinished, Report
from services.domain.pull import PullState
from services.domain.rules import AGENT
from services.execution.workflow_runs import Carried, dispatched, held, renewal, started


@dataclass(frozen=True, slots=True)
class AgentPull:
    """How one stands. `draft`: its agent has not asked for a review yet."""

    number: int
    standing: PullState
    draft: bool
    url: str

    @property
    def ref(self) -> str:
        """What the attempt is called that it carries out."""
        return f"pull/{self.number}"


def news_of(pull: AgentPull, of: Carried, now: datetime) -> list[Report]:
    """As far as it is not known yet. Only its merge is a success."""
    return [*_named(pull, of), *_stands(pull, of, now)]


def _named(pull: AgentPull, of: Carried) -> Iterator[Report]:
    if of.attempt.ref != pull.ref:
        yield dispatched(of, pull.ref, pull.url)


def _stands(pull: AgentPull, of: Carried, now: datetime) -> Iterator[Report]:
    if pull.standing is PullState.MERGED:
        result = Result(modified=True, changes=Changes(note=f"merged with #{pull.number}"))
        yield AttemptFinished.of(of.plan, of.phase, of.attempt.fence, Outcome.PASSED, None, result)
        return
    if pull.standing is not PullState.OPEN:
        message = f"The pull request #{pull.number} of the agent was closed without a merge."
        yield broke(of, "not_merged", message, now)
        return
    yield renewal(of, now)
    if of.attempt.state is not AttemptState.RUNNING:
        yield started(of)
    hold = Hold.DRAFT if pull.draft else Hold.MERGE
    if hold is not of.attempt.held:
        yield held(of, hold)


def broke(of: Carried, type: str, message: str, now: datetime, *, retryable: bool = False) -> AttemptFinished:
    failure = Failure(type, message, tool=AGENT, retryable=retryable, timestamp=now.isoformat())
    return AttemptFinished.of(of.plan, of.phase, of.attempt.fence, Outcome.BROKE, failure)
