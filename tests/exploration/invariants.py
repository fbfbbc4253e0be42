"""What must hold after every step and in every state, each as a named sentence, written without the rules' own helpers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.coordinator.advance import Candidate, allocate
from services.coordinator.decision import Decision
from services.coordinator.reports import wake_at
from services.domain import messages as m
from services.domain.attempts import AttemptKind, AttemptState, Outcome
from services.domain.effects import DispatchAttempt, OpenPull, StopAttempt
from services.domain.phase import MANUAL, OnError, Phase, Qa, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.progress import PlanStatus, is_completed, plan_status
from services.domain.pull import PullState
from services.domain.reasons import ReasonCode, why_not_running
from services.domain.rules import Deliver
from services.domain.transitions import TRANSITIONS, PhaseState
from services.domain.world import Limits
from tests.exploration.rulebook import Rulebook
from tests.exploration.states import SHUT, THERE
from tests.plans import NOW


@dataclass(frozen=True, slots=True)
class Step:
    """One message told: the plan before, what was said, what was decided, and which phases differ."""

    before: Plan
    message: m.Message
    decision: Decision
    changes: tuple[tuple[Phase, Phase], ...]

    @property
    def after(self) -> Plan:
        return self.decision.plan


def step(before: Plan, message: m.Message, decision: Decision) -> Step:
    if decision.plan is before:
        return Step(before, message, decision, ())
    after = decision.plan.phases
    changes = tuple((old, after[key]) for key, old in before.phases.items() if after[key] is not old)
    return Step(before, message, decision, changes)


class Broken(AssertionError):
    """An invariant does not hold; `invariant` is its name."""

    def __init__(self, invariant: str, plan: Plan, message: m.Message | None = None) -> None:
        super().__init__(f"{invariant.replace('_', ' ')}: {message}\n  " + "\n  ".join(map(str, plan)))
        self.invariant = invariant


# ---------------------------------------------------------------- of every step


def no_phase_starts_before_its_needs(step: Step) -> bool:
    for _, new in _started(step):
        if _is_check(new):
            continue
        if not all(_satisfied(step.before.phases[key]) for key in step.before.graph.needs[new.key]):
            return False
        if step.before.state is not PlanState.ACTIVE or any(map(_stops_all, step.before.phases.values())):
            return False
    return True


def at_most_one_attempt_is_in_flight(step: Step) -> bool:
    return all(
        old.attempt is None or not old.attempt.state.is_live
        for old, new in step.changes
        if new.attempt is not None and (old.attempt is None or old.attempt.fence != new.attempt.fence)
    )


def nothing_starts_beside_an_old_run(step: Step) -> bool:
    """Of its own, or of what it needs; a check is of work that is there already, whatever happens above it."""
    phases = step.before.phases
    return not any(
        one.attempt is not None and one.attempt.state.is_live
        for old, new in _started(step)
        for one in (old, *(phases[key] for key in step.before.graph.needs[new.key] if not _is_check(new)))
    )


def a_stale_report_changes_nothing(step: Step) -> bool:
    message = step.message
    if not isinstance(message, m.Report):
        return True
    attempt = step.before.phases[message.phase].attempt
    if attempt is not None and attempt.fence == message.fence:
        return True
    said = [event.kind for event in step.decision.events]
    return step.after is step.before and not step.decision.effects and said == ["report_stale"]


_PAIRS = frozenset((start, end) for (start, _), end in TRANSITIONS.items())


def nothing_passes_by_default(step: Step) -> bool:
    """Where a verdict is wanted, it is that of a check that passed, or a person's."""
    message = step.message
    for old, new in step.changes:
        if new.rules.qa is Qa.NONE or new.state is not PhaseState.COMPLETED or old.state is PhaseState.COMPLETED:
            continue
        if isinstance(message, m.ApprovePhase | m.CompletePhase):
            continue
        is_verdict = isinstance(message, m.AttemptFinished) and message.outcome is Outcome.PASSED
        if not (is_verdict and old.state is PhaseState.NEEDS_QA and _is_check(old)):
            return False
    return True


def a_check_that_says_nothing_leaves_the_work_alone(step: Step) -> bool:
    """Only a verdict sends the work back."""
    message = step.message
    for old, new in step.changes:
        if old.state is not PhaseState.NEEDS_QA or not _is_check(old) or new.state is PhaseState.NEEDS_QA:
            continue
        is_verdict = isinstance(message, m.AttemptFinished) and message.outcome in (Outcome.PASSED, Outcome.BROKE)
        if not is_verdict and not m.is_order(message) and new.state is not PhaseState.FAILED:
            return False
    return True


def an_attempt_stays_with_the_worker_that_took_it(step: Step) -> bool:
    """Whoever comes later finds it taken, and may not run it."""
    if not isinstance(step.message, m.AttemptTaken):
        return True
    attempt = step.before.phases[step.message.phase].attempt
    return attempt is None or attempt.ref in ("", step.message.worker) or step.after is step.before


def a_rerun_leaves_nothing_done_after_it(step: Step) -> bool:
    """The phase and all that depends on it wait again; or, where a condition says so, are skipped anew."""
    message = step.message
    if not isinstance(message, m.RetryPhase) or not message.dependents or step.decision.refused:
        return True
    again = {message.phase, *step.before.graph.downstream(message.phase)}
    return all(
        step.after.phases[key].state is PhaseState.WAITING or _has_conditions(step.after.phases[key]) for key in again
    )


def no_more_retries_are_spent_than_there_are(step: Step) -> bool:
    return all(new.failures <= new.rules.retries for _, new in step.changes)


def states_change_along_the_table(step: Step) -> bool:
    return all(old.state is new.state or (old.state, new.state) in _PAIRS for old, new in step.changes)


def statuses_follow_from_the_facts(step: Step) -> bool:
    if not step.changes:
        return True
    expected = expected_statuses(step.after)
    return all(phase.status is expected[key] for key, phase in step.after.phases.items())


def a_merge_is_asked_for_when_it_is_wanted(step: Step) -> bool:
    """Once each time."""
    was, now = _merge_of(step.before), _merge_of(step.after)
    asked = sum(isinstance(one, OpenPull) for one in step.decision.effects)
    return asked == (now is PullState.WANTED and was is not PullState.WANTED)


def what_was_merged_stays_merged_until_phases_are_done_again(step: Step) -> bool:
    if _merge_of(step.before) not in (PullState.MERGED, PullState.UNNEEDED):
        return True
    return step.after.pull == step.before.pull or any(
        new.state not in (PhaseState.COMPLETED, PhaseState.SKIPPED) for _, new in step.changes
    )


def fences_only_rise(step: Step) -> bool:
    if step.after.fences < step.before.fences:
        return False
    return all(
        old.attempt is new.attempt
        or (new.attempt is not None and (old.attempt is not None and new.attempt.fence == old.attempt.fence))
        or (new.attempt is not None and new.attempt.fence > step.before.fences and new.attempts == old.attempts + 1)
        for old, new in step.changes
    )


def each_start_is_dispatched_once(step: Step) -> bool:
    dispatched = [(one.phase, one.fence) for one in step.decision.effects if isinstance(one, DispatchAttempt)]
    started = [
        (new.key, new.attempt.fence)
        for _, new in _started(step)
        if new.attempt is not None and new.attempt.executor != MANUAL
    ]
    return dispatched == started


def each_superseded_run_is_stopped(step: Step) -> bool:
    told = {(one.phase, one.fence) for one in step.decision.effects if isinstance(one, StopAttempt)}
    superseded = {
        (new.key, new.attempt.fence)
        for old, new in step.changes
        if new.attempt is not None
        and new.attempt.state is AttemptState.STOPPING
        and old.attempt is not None
        and old.attempt.state is not AttemptState.STOPPING
    }
    return told == superseded


def what_changes_nothing_leaves_the_plan_itself(step: Step) -> bool:
    return step.after != step.before


def facts_are_never_refused(step: Step) -> bool:
    if not step.decision.refused:
        return True
    return m.is_order(step.message) and step.after is step.before and not step.decision.effects


def only_the_phase_in_question_changes(step: Step) -> bool:
    about = getattr(step.message, "phase", None)
    if about is None:
        return True
    others = [(old, new) for old, new in step.changes if new.key != about]
    if isinstance(step.message, m.RetryPhase) and step.message.dependents:
        after = set(step.before.graph.downstream(about))
        others = [(old, new) for old, new in others if new.key not in after]
    return all(_facts(old) == _facts(new) or _met_its_premises(old, new) for old, new in others)


def nothing_starts_without_its_premises(step: Step) -> bool:
    """Conditions are decided before the start, and a closed window keeps it from happening."""
    return not any(
        (_has_conditions(old) and not old.admitted) or SHUT in old.rules.windows for old, _ in _started(step)
    )


def time_that_has_been_told_is_not_waited_for(step: Step) -> bool:
    if not isinstance(step.message, m.TimePassed):
        return True
    wake = wake_at(step.after, THERE)
    return wake is None or wake > NOW


# ---------------------------------------------------------------- of every state


def running_means_an_attempt_in_flight(plan: Plan, rules: Rulebook) -> bool:
    """The work of a phase that runs, and the check of one that waits for a verdict: nothing else is in flight."""
    for phase in plan.phases.values():
        in_flight = phase.attempt is not None and phase.attempt.state.is_in_flight
        if (phase.state is PhaseState.RUNNING) != (in_flight and not _is_check(phase)):
            return False
        if in_flight and _is_check(phase) and phase.state is not PhaseState.NEEDS_QA:
            return False
    return True


def a_completed_plan_is_at_rest(plan: Plan, rules: Rulebook) -> bool:
    if not is_completed(plan):
        return True
    return not rules.advance(plan, THERE, NOW) and not any(phase.is_in_flight for phase in plan.phases.values())


def whoever_waits_has_a_reason_or_may_start(plan: Plan, rules: Rulebook) -> bool:
    startable = {one.phase.key for one in rules.advance(plan, THERE, NOW)}
    return all(
        (why_not_running(plan, phase, THERE, NOW) is None) == (phase.key in startable)
        for phase in plan.phases.values()
        if phase.state is PhaseState.WAITING or _lacks_verdict(phase)
    )


def whoever_is_ready_has_its_conditions_decided(plan: Plan, rules: Rulebook) -> bool:
    return plan.state is not PlanState.ACTIVE or not any(
        phase.status is QueueStatus.READY and _has_conditions(phase) and not phase.admitted
        for phase in plan.phases.values()
    )


def whatever_waits_for_time_is_woken(plan: Plan, rules: Rulebook) -> bool:
    timed = any(
        phase.not_before is not None
        or phase.expires_at is not None
        or (phase.attempt is not None and phase.attempt.state.is_live and phase.attempt.lease_until is not None)
        for phase in plan.phases.values()
    )
    return not timed or wake_at(plan, THERE) is not None


def advancing_twice_is_advancing_once(plan: Plan, rules: Rulebook) -> bool:
    """After all who may start have started, nobody may; and with one slot, no second one does."""
    candidates = rules.advance(plan, THERE, NOW)
    if not candidates:
        return True
    if rules.advance(_all_started(plan, candidates, rules), THERE, NOW):
        return False
    return len(candidates) == 1 or _one_started(plan, candidates, rules)


def what_people_see_of_the_plan_fits_its_phases(plan: Plan, rules: Rulebook) -> bool:
    moving = any(phase.is_in_flight or phase.status is QueueStatus.READY for phase in plan.phases.values())
    match plan_status(plan):
        case PlanStatus.RUNNING:
            return (moving or _merge_of(plan) in (PullState.WANTED, PullState.OPEN)) and not is_completed(plan)
        case PlanStatus.BLOCKED:
            return not moving and not is_completed(plan)
        case PlanStatus.COMPLETED:
            return _merge_of(plan) in (None, PullState.MERGED, PullState.UNNEEDED)
        case PlanStatus.FAILED:
            return any(map(_stops_all, plan.phases.values()))
        case _:
            return True


def _merge_of(plan: Plan) -> PullState | None:
    return plan.pull.state if plan.pull else None


def nothing_that_is_to_be_merged_is_forgotten(plan: Plan, rules: Rulebook) -> bool:
    """Once every phase has ended well, what they have brought is asked for, or was merged."""
    brought = any(
        phase.state is PhaseState.COMPLETED
        and phase.rules.deliver is Deliver.PULL_REQUEST
        and phase.attempt is not None
        and phase.attempt.result is not None
        for phase in plan.phases.values()
    )
    has_ended = all(map(_satisfied, plan.phases.values())) and plan.state in (PlanState.ACTIVE, PlanState.PAUSED)
    return not (brought and has_ended) or plan.pull is not None


OfStep = Callable[[Step], bool]
OfState = Callable[[Plan, Rulebook], bool]


@dataclass(frozen=True, slots=True)
class Invariants:
    """What is checked of every step, of every step that changes the plan, and of every state."""

    of_steps: tuple[OfStep, ...]
    of_changes: tuple[OfStep, ...]
    of_states: tuple[OfState, ...]

    def only(self, name: str) -> Invariants:
        """The one of this name, if it is among them."""
        return Invariants(
            tuple(one for one in self.of_steps if one.__name__ == name),
            tuple(one for one in self.of_changes if one.__name__ == name),
            tuple(one for one in self.of_states if one.__name__ == name),
        )

    def broken_by(self, step: Step) -> str | None:
        """The name of one that does not hold after this step."""
        for holds in self.of_steps if step.after is step.before else self.of_steps + self.of_changes:
            if not holds(step):
                return holds.__name__
        return None


ALL = Invariants(
    of_steps=(
        a_stale_report_changes_nothing,
        a_rerun_leaves_nothing_done_after_it,
        a_merge_is_asked_for_when_it_is_wanted,
        each_start_is_dispatched_once,
        each_superseded_run_is_stopped,
        facts_are_never_refused,
        time_that_has_been_told_is_not_waited_for,
    ),
    of_changes=(
        no_phase_starts_before_its_needs,
        at_most_one_attempt_is_in_flight,
        nothing_starts_beside_an_old_run,
        nothing_passes_by_default,
        a_check_that_says_nothing_leaves_the_work_alone,
        an_attempt_stays_with_the_worker_that_took_it,
        no_more_retries_are_spent_than_there_are,
        states_change_along_the_table,
        statuses_follow_from_the_facts,
        what_was_merged_stays_merged_until_phases_are_done_again,
        fences_only_rise,
        what_changes_nothing_leaves_the_plan_itself,
        only_the_phase_in_question_changes,
        nothing_starts_without_its_premises,
    ),
    of_states=(
        running_means_an_attempt_in_flight,
        a_completed_plan_is_at_rest,
        whoever_waits_has_a_reason_or_may_start,
        whoever_is_ready_has_its_conditions_decided,
        whatever_waits_for_time_is_woken,
        advancing_twice_is_advancing_once,
        what_people_see_of_the_plan_fits_its_phases,
        nothing_that_is_to_be_merged_is_forgotten,
    ),
)


# ---------------------------------------------------------------- the contract, said once more

_PERSONS = frozenset(
    {
        ReasonCode.NOT_STARTED,
        ReasonCode.PLAN_CANCELLED,
        ReasonCode.PLAN_STOPPED,
        ReasonCode.PLAN_PAUSED,
        ReasonCode.DEPENDENCY_FAILED,
        ReasonCode.WAITING_FOR_DEPENDENCY,
        ReasonCode.APPROVAL_REQUIRED,
        ReasonCode.PUBLISHING,  # nobody creates issues here
        ReasonCode.WINDOW_CLOSED,  # for people time goes on; here it stands still, and the window never opens
    }
)


def is_decided(plan: Plan) -> bool:
    """Nothing can happen any more unless a person does something."""
    for phase in plan.phases.values():
        if phase.attempt is not None and phase.attempt.state.is_live and phase.attempt.executor != MANUAL:
            return False
        if phase.state is PhaseState.WAITING or _lacks_verdict(phase):
            reason = why_not_running(plan, phase, THERE, NOW)
            if reason is None or reason.code not in _PERSONS:
                return False
    return True


def expected_statuses(plan: Plan) -> dict[str, QueueStatus]:
    """The queue status of every phase, from the words of the contract. Phases come after what they need."""
    found: dict[str, QueueStatus] = {}
    for key, phase in plan.phases.items():
        if phase.state is not PhaseState.WAITING:
            found[key] = QueueStatus(phase.state.value)
            continue
        unsatisfied = [need for need in plan.graph.needs[key] if not _satisfied(plan.phases[need])]
        if not unsatisfied:
            found[key] = QueueStatus.READY
        elif any(found[need] in _HOPELESS for need in unsatisfied):
            found[key] = QueueStatus.BLOCKED
        else:
            found[key] = QueueStatus.QUEUED
    return found


_HOPELESS = (QueueStatus.FAILED, QueueStatus.CANCELLED, QueueStatus.BLOCKED)


def _satisfied(phase: Phase) -> bool:
    if phase.state is PhaseState.FAILED:
        return phase.rules.on_error is OnError.CONTINUE
    return phase.state in (PhaseState.COMPLETED, PhaseState.SKIPPED)


def _stops_all(phase: Phase) -> bool:
    return phase.state is PhaseState.FAILED and phase.rules.on_error is OnError.FAIL


def _started(step: Step) -> Iterator[tuple[Phase, Phase]]:
    """Phases of which an attempt has begun, for the work or for the check."""
    for old, new in step.changes:
        if new.attempt is not None and (old.attempt is None or new.attempt.fence != old.attempt.fence):
            yield old, new


def _is_check(phase: Phase) -> bool:
    return phase.attempt is not None and phase.attempt.kind is AttemptKind.QA


def _lacks_verdict(phase: Phase) -> bool:
    if phase.state is not PhaseState.NEEDS_QA or phase.rules.qa not in (Qa.CI, Qa.TOOL):
        return False
    return phase.attempt is None or not phase.attempt.state.is_in_flight


def _has_conditions(phase: Phase) -> bool:
    return bool(phase.rules.when or phase.rules.skip_when or phase.rules.only_if)


def _met_its_premises(old: Phase, new: Phase) -> bool:
    """Its conditions were decided, or its window was found closed; nothing else has happened to it."""
    if old.state is not PhaseState.WAITING or not (_has_conditions(new) or new.rules.windows):
        return False
    return new.state in (PhaseState.WAITING, PhaseState.SKIPPED) and new.attempt is old.attempt


def _facts(phase: Phase) -> tuple[object, ...]:
    return phase.state, phase.attempt, phase.failures, phase.losses, phase.not_before, phase.approved_by, phase.failure


def _all_started(plan: Plan, candidates: Sequence[Candidate], rules: Rulebook) -> Plan:
    for one in allocate(candidates, THERE).chosen:
        plan = _claimed(plan, one.phase.key, rules)
    return plan


def _one_started(plan: Plan, candidates: Sequence[Candidate], rules: Rulebook) -> bool:
    narrow = replace(THERE, limits=Limits(running=1))
    chosen = [one for one in allocate(candidates, narrow).chosen if one.phase.rules.executor != MANUAL]
    if len(chosen) != min(1, sum(one.phase.rules.executor != MANUAL for one in candidates)):
        return False
    if not chosen:
        return True
    [one] = chosen
    full = replace(narrow, slots=narrow.slots.moved(plan.project, plan.id, one.phase.rules.executor, 1))
    left = rules.advance(_claimed(plan, one.phase.key, rules), full, NOW)
    return all(other.phase.rules.executor == MANUAL for other in allocate(left, full).chosen)


def _claimed(plan: Plan, key: str, rules: Rulebook) -> Plan:
    claim = m.ClaimPhase(plan=plan.id, cause="claim", phase=key, holder=THERE.holder)
    return rules.decide(plan, claim, THERE, NOW).plan
