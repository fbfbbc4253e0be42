"""Running again: one phase that was decided, or everything from a phase on; where it runs may be chosen anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.coordinator.decision import Decision
from services.domain import messages as m
from services.domain.attempts import Outcome
from services.domain.effects import StopAttempt
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.rules import ACTIONS, AGENT, LOCAL, MANUAL
from services.domain.transitions import NoTransition, PhaseState, Trigger


def run_again(plan: Plan, phase: Phase, order: m.RetryPhase, now: datetime) -> Decision:
    """Raises NoTransition for a phase that is not decided, unless everything from it on is wanted."""
    decision = Decision(plan)
    if not order.dependents:
        decision = Decision(plan.with_phase(reset(phase, Trigger.RETRY, admitted=True)))
    else:
        after = set(plan.graph.downstream(phase.key))
        for one in (phase, *(later for later in plan if later.key in after)):
            decision = _from_the_start(decision, one, now, admitted=one is phase)
    return replace(decision, plan=_moved(decision.plan, phase.key, order))


def reset(phase: Phase, trigger: Trigger, *, admitted: bool = False) -> Phase:
    """Waiting again, with all automatic retries restored; whoever asks for this very phase wants it whatever its conditions."""
    admitted = admitted or phase.admitted
    return phase.on(trigger, failures=0, losses=0, not_before=None, failure=None, finished_at=None, admitted=admitted)


def superseded(decision: Decision, ended: Phase, trigger: Trigger, now: datetime) -> Decision:
    """The phase as it is now, with the attempt that may still be in flight for it no longer wanted."""
    attempt = ended.attempt
    if attempt is None or not attempt.state.is_in_flight:
        return replace(decision, plan=decision.plan.with_phase(ended))
    if attempt.lease_until is None:  # a person's work is over when a person says so
        outcome = Outcome.PASSED if trigger is Trigger.COMPLETE else Outcome.CANCELLED
        ended = replace(ended, attempt=attempt.ended(outcome, now))
        return replace(decision, plan=decision.plan.with_phase(ended))
    stop = StopAttempt.of(decision.plan.id, ended.key, attempt)
    ended = replace(ended, attempt=attempt.superseded())
    return replace(decision, plan=decision.plan.with_phase(ended), effects=(*decision.effects, stop))


def _from_the_start(decision: Decision, phase: Phase, now: datetime, *, admitted: bool) -> Decision:
    """As if it had never run. What runs is given up first; its successor waits until it has ended. An approval was given for
    what there was before, and is asked for again."""
    if phase.leaving:
        raise NoTransition(f"{phase.name} is no longer in the document and is not run again")
    if phase.state is PhaseState.WAITING:
        return decision
    if phase.is_in_flight:
        cancelled = phase.on(Trigger.CANCEL, failure=None, not_before=None, finished_at=now)
        decision = superseded(decision, cancelled, Trigger.CANCEL, now)
        phase = decision.plan.phase(phase.key)
    trigger = Trigger.REOPEN if phase.allows(Trigger.REOPEN) else Trigger.RETRY
    again = replace(reset(phase, trigger), admitted=admitted, approved_by="", ticked=True)
    return replace(decision, plan=decision.plan.with_phase(again))


def _moved(plan: Plan, key: str, order: m.RetryPhase) -> Plan:
    """With the executor and the model that were asked for; other rules are another shape of the plan. Raises NoTransition."""
    if not (order.executor or order.model):
        return plan
    phase = plan.phase(key)
    executor = order.executor or phase.rules.executor
    _demand_fitting(phase, executor)
    rules = replace(phase.rules, executor=executor, model=order.model or phase.rules.model)
    return replace(plan.with_phase(replace(phase, rules=rules)), revision=plan.revision + 1)


def _demand_fitting(phase: Phase, executor: str) -> None:
    """Only the policy gives a phase what an executor needs: commands run where it allows them, and a workflow has to be named.
    A person can always do the work."""
    rules = phase.rules
    given = {ACTIONS: rules.workflow, AGENT: rules.agent}
    if executor in (MANUAL, rules.executor) or given.get(executor):
        return
    raise NoTransition(_LACKING.get(executor, f"there is no executor `{executor}` for this phase"))


_LACKING = {
    ACTIONS: "the policy names no workflow for this phase",
    AGENT: "the policy names no agent for this phase",
    LOCAL: "the policy does not let this phase run on our machines",
}
