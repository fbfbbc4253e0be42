"""Moves: everything that can be told to a plan in a state, and the passing of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import get_args

from services.domain import messages as m
from services.domain.attempts import Attempt, Changes, Hold, Outcome, Result
from services.domain.failure import Failure
from services.domain.phase import IssueRef, Phase
from services.domain.plan import Plan
from services.domain.pull import PullState
from services.domain.rules import Budgets, Deliver
from tests.exploration.states import EARLIER
from tests.plans import NOW

BRANCH = "phasebot/plan"
BROUGHT = Result(changes=Changes(commit="1", branch=BRANCH, note="pushed to origin"))
"""What a phase brings that is to be merged."""
MACHINE = frozenset({*get_args(m.Report), m.TimePassed, m.ClaimPhase})
"""What happens to a plan that people leave alone."""


PEOPLE = frozenset(
    {m.RetryPhase, m.CompletePhase, m.SkipPhase, m.CancelPhase, m.ReopenPhase, m.ApprovePhase, m.RejectPhase}
)
"""What people order about single phases."""

EVERYTHING = frozenset(get_args(m.Message))


@dataclass(frozen=True, slots=True)
class Move:
    """A message told to a plan; `plan` is the state, with the moments in the past that this move lets pass.

    Without a message only time has passed, and nobody has said so yet.
    """

    plan: Plan
    message: m.Message | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which of the many equal ways to say a thing are tried.

    `outcomes` of attempts, each with and without hope for a retry. `all_stale`: every report is tried with an older fence, too,
    not only a success. `late_clock`: between a moment and the message that it has
    passed other messages may come; otherwise the clock is prompt.
    """

    outcomes: tuple[tuple[Outcome, bool], ...]
    all_stale: bool = False
    late_clock: bool = False


TERSE = Vocabulary(((Outcome.PASSED, False), (Outcome.BROKE, False), (Outcome.BROKE, True), (Outcome.LOST, False)))
FULL = Vocabulary(tuple((outcome, again) for outcome in Outcome for again in (False, True)), all_stale=True)
LATE = replace(FULL, late_clock=True)


def moves(plan: Plan, phases: Iterable[Phase], vocabulary: Vocabulary) -> Iterator[Move]:
    """Every move in this state that is about the plan or about one of these phases."""
    yield Move(plan, _the_same_document(plan))
    for message in _about_plan(plan.id):
        yield Move(plan, message)
    if plan.pull is not None:
        yield from (Move(plan, message) for message in _about_merge(plan.id))
    for phase in phases:
        for message in _about_phase(plan.id, phase):
            yield Move(plan, message)
        if phase.attempt is not None:
            for message in _reports(plan.id, phase, phase.attempt, vocabulary):
                yield Move(plan, message)
            if phase.attempt.state.is_in_flight:
                yield _taken_twice(plan, phase, phase.attempt)
        for later in _later(plan, phase):
            yield Move(later, None if vocabulary.late_clock else m.TimePassed(plan=plan.id, cause="time"))


def _about_plan(plan: str) -> Iterator[m.Message]:
    yield m.TimePassed(plan=plan, cause="time")
    yield m.StartPlan(plan=plan, cause="order")
    yield m.PausePlan(plan=plan, cause="order")
    yield m.ResumePlan(plan=plan, cause="order")
    yield m.CancelPlan(plan=plan, cause="order")
    yield m.RetractPlan(plan=plan, cause="order")
    yield m.PlanRetracted(plan=plan, cause="issues", closed=(), left=())
    yield m.SetPriority(plan=plan, cause="order", priority=20)
    yield m.BudgetsChanged(plan=plan, cause="policy", budgets=Budgets())
    yield m.Say(plan=plan, cause="said", project="ada/site", issue=1, body="Hello.")
    yield m.PutBack(plan=plan, cause="hand", phase=None, issue=1, body="Put back.")
    yield m.OwnDeed(plan=plan, cause="deed")
    yield m.ProjectSeen(plan=plan, cause="look", project="ada/site", name="ada/site")
    yield m.IssueCreated(plan=plan, cause="issue", phase=None, issue=IssueRef(1, 1))
    yield m.AskForMerge(plan=plan, cause="order")
    yield m.CompletePlan(plan=plan, cause="order")
    yield m.PullSeen(plan=plan, cause="merge", branch=BRANCH, state=PullState.MERGED, number=7)


def _about_merge(plan: str) -> Iterator[m.Message]:
    """Where there is something to be merged, or was."""
    yield m.AskForMerge(plan=plan, cause="order", reopen=True)
    for state in (PullState.OPEN, PullState.CLOSED, PullState.UNNEEDED):
        yield m.PullSeen(plan=plan, cause="merge", branch=BRANCH, state=state, number=7)
    yield m.PullSeen(plan=plan, cause="merge", branch=BRANCH, state=PullState.CLOSED, why="refused")
    yield m.PullSeen(plan=plan, cause="merge", branch=BRANCH, state=PullState.MERGED, number=8)
    yield m.PullSeen(plan=plan, cause="merge", branch="another", state=PullState.MERGED, number=7)


def _the_same_document(plan: Plan) -> m.AmendPlan:
    """An amendment that amends nothing: what a new shape does is told elsewhere, this must never do anything."""
    shapes = (
        m.PhaseShape(key=phase.key, title=phase.title, number=phase.number, needs=plan.graph.needs[phase.key])
        for phase in plan
    )
    return m.AmendPlan(plan=plan.id, cause="order", title=plan.title, overview="", phases=tuple(shapes))


_PHASE_ORDERS = (
    m.ClaimPhase,
    m.RetryPhase,
    m.CompletePhase,
    m.SkipPhase,
    m.CancelPhase,
    m.ReopenPhase,
    m.ApprovePhase,
    m.RejectPhase,
)


def _about_phase(plan: str, phase: Phase) -> Iterator[m.Message]:
    for order in _PHASE_ORDERS:
        yield order(plan=plan, cause="order", phase=phase.key)
    yield m.RetryPhase(plan=plan, cause="order", phase=phase.key, dependents=True)
    yield m.DependenciesLinked(plan=plan, cause="link", phase=phase.key)


def _reports(plan: str, phase: Phase, attempt: Attempt, vocabulary: Vocabulary) -> Iterator[m.Message]:
    """Of the newest attempt, whether it still lives or not, and of one before it."""
    older = attempt.fence - 1
    yield _ended(plan, phase, older, Outcome.PASSED, False)
    for fence in (attempt.fence, older) if vocabulary.all_stale else (attempt.fence,):
        yield m.AttemptDispatched(plan=plan, cause="report", phase=phase.key, fence=fence, ref="run/1")
        yield m.AttemptHeld(plan=plan, cause="report", phase=phase.key, fence=fence, hold=Hold.QUEUE)
        yield m.AttemptHeld(plan=plan, cause="report", phase=phase.key, fence=fence, hold=Hold.MERGE)
        yield m.AttemptStarted(plan=plan, cause="report", phase=phase.key, fence=fence)
        yield m.AttemptTaken(plan=plan, cause="report", phase=phase.key, fence=fence, worker="here/1")
        yield m.AttemptRenewed(plan=plan, cause="report", phase=phase.key, fence=fence)
        for outcome, again in vocabulary.outcomes:
            yield _ended(plan, phase, fence, outcome, again)


def _taken_twice(plan: Plan, phase: Phase, attempt: Attempt) -> Move:
    """A worker has it, and another one wants it. Who has it makes no difference to anything else, so no state tells."""
    late = m.AttemptTaken(plan=plan.id, cause="report", phase=phase.key, fence=attempt.fence, worker="there/2")
    return Move(_with(plan, replace(phase, attempt=replace(attempt, ref="here/1"))), late)


def _ended(plan: str, phase: Phase, fence: int, outcome: Outcome, again: bool) -> m.Message:
    has_passed = outcome is Outcome.PASSED
    failure = None if has_passed else Failure("exit", "It broke.", retryable=again)
    result = BROUGHT if has_passed and phase.rules.deliver is Deliver.PULL_REQUEST else None
    return m.AttemptFinished(
        plan=plan, cause="report", phase=phase.key, fence=fence, outcome=outcome, failure=failure, result=result
    )


def _later(plan: Plan, phase: Phase) -> Iterator[Plan]:
    """The plan after each of the moments that the phase waits for has passed, each by itself."""
    attempt = phase.attempt
    if attempt is not None and attempt.state.is_live:
        if attempt.lease_until is not None and attempt.lease_until > NOW:
            yield _with(plan, replace(phase, attempt=replace(attempt, lease_until=EARLIER)))
        if attempt.deadline is not None and attempt.deadline > NOW:
            yield _with(plan, replace(phase, attempt=replace(attempt, deadline=EARLIER)))
    if phase.not_before is not None and phase.not_before > NOW:
        yield _with(plan, replace(phase, not_before=EARLIER))
    if phase.expires_at is not None and phase.expires_at > NOW:
        yield _with(plan, replace(phase, expires_at=EARLIER))


def _with(plan: Plan, phase: Phase) -> Plan:
    return replace(plan, phases={**plan.phases, phase.key: phase})
