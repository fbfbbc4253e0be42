"""What executors and the clock report of attempts. Late news is normal: a stale report changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.coordinator import verdicts, waits
from services.coordinator.decision import Decision
from services.coordinator.notices import spoken
from services.coordinator.retries import back_off, retries_left
from services.domain import messages as m
from services.domain.attempts import Attempt, AttemptKind, AttemptState, Outcome
from services.domain.effects import StopAttempt
from services.domain.events import Event
from services.domain.failure import Failure
from services.domain.phase import Phase, Qa
from services.domain.plan import Plan
from services.domain.transitions import PhaseState, Trigger
from services.domain.world import World


def dispatched(plan: Plan, news: m.AttemptDispatched) -> Decision:
    """Known even of one that is being stopped: whoever stops it has to know what it is called."""
    phase = plan.phases.get(news.phase)
    attempt = phase.attempt if phase else None
    if phase is None or attempt is None or attempt.fence != news.fence or not attempt.state.is_live:
        return _stale(plan, news)
    taken = attempt.dispatched(news.ref, news.url)
    return Decision(plan if taken == attempt else plan.with_phase(replace(phase, attempt=taken)))


def held(plan: Plan, news: m.AttemptHeld) -> Decision:
    phase = plan.phases.get(news.phase)
    attempt = _in_flight(phase, news)
    has_begun = attempt is not None and attempt.state is AttemptState.RUNNING
    if phase is None or attempt is None or (has_begun and news.hold.is_before_start):
        return _stale(plan, news)
    return Decision(plan.with_phase(replace(phase, attempt=replace(attempt, held=news.hold))))


def taken(plan: Plan, news: m.AttemptTaken, world: World, now: datetime) -> Decision:
    """The first worker to say so has it, and may say so again. For any other, and after a stop, it is too late."""
    phase = plan.phases.get(news.phase)
    attempt = _in_flight(phase, news)
    if phase is None or attempt is None or attempt.lease_until is None or attempt.ref not in ("", news.worker):
        return _stale(plan, news)
    begun = replace(attempt.started(), ref=news.worker, lease_until=now + world.lease_of(attempt.executor))
    return Decision(plan.with_phase(replace(phase, attempt=begun)))


def started(plan: Plan, news: m.AttemptStarted) -> Decision:
    phase = plan.phases.get(news.phase)
    attempt = _in_flight(phase, news)
    if phase is None or attempt is None:
        return _stale(plan, news)
    return Decision(plan.with_phase(replace(phase, attempt=attempt.started())))


def renewed(plan: Plan, news: m.AttemptRenewed, world: World, now: datetime) -> Decision:
    phase = plan.phases.get(news.phase)
    attempt = _in_flight(phase, news)
    if phase is None or attempt is None or attempt.lease_until is None:
        return _stale(plan, news)
    return Decision(plan.with_phase(replace(phase, attempt=attempt.renewed(now + world.lease_of(attempt.executor)))))


def finished(plan: Plan, news: m.AttemptFinished, world: World, now: datetime) -> Decision:
    phase = plan.phases.get(news.phase)
    attempt = phase.attempt if phase else None
    if phase is None or attempt is None or attempt.fence != news.fence:
        return _stale(plan, news)
    if attempt.state.is_in_flight:
        ended = attempt.ended(news.outcome, now, news.failure, news.result)
        return Decision(plan.with_phase(_settled(phase, ended, world, now)))
    if attempt.state is AttemptState.STOPPING:
        # one superseded by its deadline already has its failure
        outcome = Outcome.CANCELLED if attempt.failure is None else Outcome.TIMED_OUT
        return Decision(plan.with_phase(replace(phase, attempt=attempt.ended(outcome, now, attempt.failure))))
    if _is_late_success(phase, attempt, news):
        ended = attempt.ended(Outcome.PASSED, now, result=news.result)
        return Decision(plan.with_phase(_settled(phase, ended, world, now)))
    return _stale(plan, news)


def time_passed(plan: Plan, world: World, now: datetime) -> Decision:
    """Leases that ran out, deadlines that passed, back-offs that ended: each is dealt with once, and waited for no more."""
    decision = Decision(plan)
    for phase in plan:
        attempt = phase.attempt
        if attempt is not None and attempt.state.is_live and attempt.lease_until is not None:
            decision = _looked_at(decision, phase, attempt, (world, now))
        waiting = decision.plan.phases[phase.key]
        if waiting.not_before is not None and waiting.not_before <= now:
            decision = replace(decision, plan=decision.plan.with_phase(replace(waiting, not_before=None)))
    return waits.expired(decision, now)


def wake_at(plan: Plan, world: World) -> datetime | None:
    """The next moment at which time alone may change something about the plan."""
    moments = []
    for phase in plan:
        attempt = phase.attempt
        if attempt is not None and attempt.lease_until is not None and attempt.state.is_live:
            moments.append(attempt.lease_until + world.kill_grace)
            if attempt.deadline is not None and attempt.state.is_in_flight:
                moments.append(attempt.deadline)
        elif phase.not_before is not None and (phase.state is PhaseState.WAITING or phase.lacks_verdict):
            moments.append(phase.not_before)
        if phase.expires_at is not None:
            moments.append(phase.expires_at)
    return min(moments, default=None)


# ---------------------------------------------------------------- inside


def _in_flight(phase: Phase | None, news: m.Report) -> Attempt | None:
    """The attempt the report is about, if its result is still wanted."""
    attempt = phase.attempt if phase else None
    return attempt if attempt and attempt.fence == news.fence and attempt.state.is_in_flight else None


def _stale(plan: Plan, news: m.Report) -> Decision:
    return Decision(plan).noting(Event("report_stale", plan.id, news.cause, news.phase, facts={"fence": news.fence}))


def _is_late_success(phase: Phase, attempt: Attempt, news: m.AttemptFinished) -> bool:
    """The lost attempt lived after all, and nothing newer was claimed. Not where a verdict has to follow: but a late verdict
    is one, as long as it is waited for."""
    if news.outcome is not Outcome.PASSED or attempt.state is not AttemptState.LOST:
        return False
    if attempt.kind is AttemptKind.QA:
        return phase.state is PhaseState.NEEDS_QA
    return phase.allows(Trigger.PASSED) and phase.rules.qa is Qa.NONE


def _looked_at(decision: Decision, phase: Phase, attempt: Attempt, at: tuple[World, datetime]) -> Decision:
    world, now = at
    lease_until = attempt.lease_until or now
    if now >= lease_until + world.kill_grace:
        return Decision(decision.plan.with_phase(_lost(phase, attempt, world, now)), decision.effects)
    if attempt.state.is_in_flight and attempt.deadline is not None and now >= attempt.deadline:
        timed_out = replace(attempt.superseded(), failure=_timed_out(attempt, attempt.deadline, world, now))
        plan = decision.plan.with_phase(_settled(phase, timed_out, world, now))
        return Decision(plan, (*decision.effects, StopAttempt.of(plan.id, phase.key, attempt)))
    return decision


def _lost(phase: Phase, attempt: Attempt, world: World, now: datetime) -> Phase:
    failure = Failure("lost", "Nothing was heard of this attempt before its lease ran out.", timestamp=now.isoformat())
    if attempt.state is AttemptState.STOPPING:
        return replace(phase, attempt=attempt.ended(Outcome.LOST, now, attempt.failure))
    return _settled(phase, attempt.ended(Outcome.LOST, now, failure), world, now)


def _timed_out(attempt: Attempt, deadline: datetime, world: World, now: datetime) -> Failure:
    """Its deadline says how long it had: the rules may know no limit, as for a verdict of CI, or another one by now."""
    limit = spoken(deadline - attempt.claimed_at - world.kill_grace)
    return Failure("timed_out", f"No result within {limit}.", retryable=True, timestamp=now.isoformat())


def _settled(phase: Phase, attempt: Attempt, world: World, now: datetime) -> Phase:
    """The phase after its attempt ended. The rules pick the trigger; the table says where it leads."""
    if attempt.kind is AttemptKind.QA:
        return verdicts.judged(phase, attempt, world, now)
    match attempt.state:
        case AttemptState.SUCCEEDED if phase.rules.qa is not Qa.NONE:
            return phase.on(Trigger.PASSED_TO_QA, attempt=attempt, failure=None, losses=0)
        case AttemptState.SUCCEEDED:
            return _completed(phase, attempt, now)
        case AttemptState.LOST if phase.losses < world.lost_retries:
            return phase.on(Trigger.BROKE_RETRYABLE, attempt=attempt, losses=phase.losses + 1, failure=attempt.failure)
        case _:
            return _broken(phase, attempt, _may_retry(phase, attempt), now, world)


def _completed(phase: Phase, attempt: Attempt, now: datetime) -> Phase:
    return phase.on(Trigger.PASSED, attempt=attempt, failure=None, not_before=None, finished_at=now)


def _may_retry(phase: Phase, attempt: Attempt) -> bool:
    return attempt.failure is not None and attempt.failure.retryable and retries_left(phase)


def _broken(phase: Phase, attempt: Attempt, again: bool, now: datetime, world: World) -> Phase:
    if not again:
        return phase.on(Trigger.BROKE, attempt=attempt, failure=attempt.failure, finished_at=now)
    return phase.on(
        Trigger.BROKE_RETRYABLE,
        attempt=attempt,
        failure=attempt.failure,
        failures=phase.failures + 1,
        not_before=now + back_off(phase, world.retry_delay_cap),
    )
