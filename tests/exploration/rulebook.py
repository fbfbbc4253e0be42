"""The rules under exploration: the real ones, and variants broken on purpose, to see that the invariants notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.coordinator.advance import Candidate, advance
from services.coordinator.decide import decide
from services.coordinator.decision import Decision
from services.domain import messages as m
from services.domain.attempts import AttemptKind, AttemptState, Outcome
from services.domain.effects import StopAttempt
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan
from services.domain.pull import PullState
from services.domain.world import World

Decide = Callable[[Plan, m.Message, World, datetime], Decision]
Advance = Callable[[Plan, World, datetime], tuple[Candidate, ...]]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What decides, and what says who may start."""

    decide: Decide = decide
    advance: Advance = advance


REAL = Rulebook()


def _seen_as(plan: Plan, change: Callable[[Phase], Phase]) -> Plan:
    """The plan as wrong rules see it."""
    phases = {key: change(phase) for key, phase in plan.phases.items()}
    return plan if all(phases[key] is phase for key, phase in plan.phases.items()) else replace(plan, phases=phases)


def _claiming_as_seen(change: Callable[[Phase], Phase]) -> Rulebook:
    """Rules that see the phases changed when it comes to who may start."""

    def decide_as_seen(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
        if not isinstance(message, m.ClaimPhase):
            return decide(plan, message, world, now)
        decision = decide(_seen_as(plan, change), message, world, now)
        if decision.refused:
            return replace(decision, plan=plan)
        phases = {**plan.phases, message.phase: decision.plan.phase(message.phase)}
        return replace(decision, plan=replace(decision.plan, phases=phases))

    def advance_as_seen(plan: Plan, world: World, now: datetime) -> tuple[Candidate, ...]:
        return advance(_seen_as(plan, change), world, now)

    return Rulebook(decide_as_seen, advance_as_seen)


def _ready_though_blocked(phase: Phase) -> Phase:
    return replace(phase, status=QueueStatus.READY) if phase.status is QueueStatus.BLOCKED else phase


FAILED_DEPENDENCIES_COUNT_AS_SATISFIED = _claiming_as_seen(_ready_though_blocked)


def _ended_though_stopping(phase: Phase) -> Phase:
    if phase.attempt is None or phase.attempt.state is not AttemptState.STOPPING:
        return phase
    return replace(phase, attempt=replace(phase.attempt, state=AttemptState.CANCELLED))


A_DEPENDENT_STARTS_WHILE_THE_OLD_RUN_IS_STOPPING = _claiming_as_seen(_ended_though_stopping)


def _decide_without_fences(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    if isinstance(message, m.Report) and (attempt := plan.phase(message.phase).attempt):
        message = replace(message, fence=attempt.fence)
    return decide(plan, message, world, now)


A_STALE_FENCE_IS_ACCEPTED = Rulebook(_decide_without_fences)


def _without_losses(phase: Phase) -> Phase:
    return replace(phase, losses=0) if phase.losses else phase


def _decide_without_counting_losses(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    decision = decide(plan, message, replace(world, lost_retries=1), now)
    return replace(decision, plan=_seen_as(decision.plan, _without_losses))


A_LOST_ATTEMPT_IS_NEVER_GIVEN_UP = Rulebook(_decide_without_counting_losses)


def _decide_without_stopping(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    decision = decide(plan, message, world, now)
    return replace(decision, effects=tuple(one for one in decision.effects if not isinstance(one, StopAttempt)))


A_SUPERSEDED_RUN_IS_NOT_STOPPED = Rulebook(_decide_without_stopping)


def _decide_without_ending_back_offs(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    decision = decide(plan, message, world, now)
    if not isinstance(message, m.TimePassed):
        return decision
    before = plan.phases

    def timed_again(phase: Phase) -> Phase:
        waits = phase.not_before is None and before[phase.key].not_before is not None
        return replace(phase, not_before=before[phase.key].not_before) if waits else phase

    return replace(decision, plan=_seen_as(decision.plan, timed_again))


def _decide_with_checks_that_pass_by_silence(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    if isinstance(message, m.AttemptFinished) and message.outcome is Outcome.LOST:
        attempt = plan.phase(message.phase).attempt
        if attempt is not None and attempt.kind is AttemptKind.QA:
            message = replace(message, outcome=Outcome.PASSED, failure=None)
    return decide(plan, message, world, now)


A_LOST_CHECK_COUNTS_AS_PASSED = Rulebook(_decide_with_checks_that_pass_by_silence)


def _decide_with_silence_as_verdict(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    if isinstance(message, m.AttemptFinished) and message.outcome is Outcome.LOST:
        attempt = plan.phase(message.phase).attempt
        if attempt is not None and attempt.kind is AttemptKind.QA:
            message = replace(message, outcome=Outcome.BROKE)
    return decide(plan, message, world, now)


A_LOST_CHECK_SENDS_THE_WORK_BACK = Rulebook(_decide_with_silence_as_verdict)


def _decide_for_the_last_worker(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    if isinstance(message, m.AttemptTaken):
        plan = _seen_as(
            plan,
            lambda phase: (
                replace(phase, attempt=replace(phase.attempt, ref=""))
                if phase.key == message.phase and phase.attempt and phase.attempt.state.is_in_flight
                else phase
            ),
        )
    return decide(plan, message, world, now)


def _decide_without_dependents(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    if isinstance(message, m.RetryPhase) and message.dependents:
        message = replace(message, dependents=False)
    return decide(plan, message, world, now)


A_RERUN_FORGETS_WHAT_COMES_AFTER = Rulebook(_decide_without_dependents)

THE_LAST_WORKER_HAS_IT = Rulebook(_decide_for_the_last_worker)

AN_ENDED_BACK_OFF_IS_DUE_FOR_EVER = Rulebook(_decide_without_ending_back_offs)


def _with_open_windows(phase: Phase) -> Phase:
    return replace(phase, not_before=None, rules=replace(phase.rules, windows=()))


A_CLOSED_WINDOW_IS_IGNORED = _claiming_as_seen(_with_open_windows)


def _decide_without_conditions(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    def unconditional(phase: Phase) -> Phase:
        return replace(phase, rules=replace(phase.rules, skip_when=""))

    decision = decide(_seen_as(plan, unconditional), message, world, now)
    if decision.refused:
        return replace(decision, plan=plan)
    kept = {key: replace(phase, rules=plan.phases[key].rules) for key, phase in decision.plan.phases.items()}
    return replace(decision, plan=replace(decision.plan, phases=kept))


A_CONDITION_IS_NEVER_ASKED = Rulebook(_decide_without_conditions)


def _decide_with_any_end_as_merge(plan: Plan, message: m.Message, world: World, now: datetime) -> Decision:
    decision = decide(plan, message, world, now)
    if not isinstance(message, m.PullSeen) or message.state is not PullState.CLOSED or decision.plan.pull is None:
        return decision
    return replace(decision, plan=replace(decision.plan, pull=None))


A_CLOSED_PULL_REQUEST_IS_FORGOTTEN = Rulebook(_decide_with_any_end_as_merge)

BROKEN = {
    "a closed pull request is forgotten": A_CLOSED_PULL_REQUEST_IS_FORGOTTEN,
    "a closed window is ignored": A_CLOSED_WINDOW_IS_IGNORED,
    "a condition is never asked": A_CONDITION_IS_NEVER_ASKED,
    "failed dependencies count as satisfied": FAILED_DEPENDENCIES_COUNT_AS_SATISFIED,
    "a stale fence is accepted": A_STALE_FENCE_IS_ACCEPTED,
    "a dependent starts while the old run is stopping": A_DEPENDENT_STARTS_WHILE_THE_OLD_RUN_IS_STOPPING,
    "a lost attempt is never given up": A_LOST_ATTEMPT_IS_NEVER_GIVEN_UP,
    "a superseded run is not stopped": A_SUPERSEDED_RUN_IS_NOT_STOPPED,
    "a rerun forgets what comes after": A_RERUN_FORGETS_WHAT_COMES_AFTER,
    "the last worker has it": THE_LAST_WORKER_HAS_IT,
    "a lost check counts as passed": A_LOST_CHECK_COUNTS_AS_PASSED,
    "a lost check sends the work back": A_LOST_CHECK_SENDS_THE_WORK_BACK,
    "an ended back-off is due for ever": AN_ENDED_BACK_OFF_IS_DUE_FOR_EVER,
}
