"""Ticks: what it means for a plan that its document says of phases that they are done.

What counts is that the document has come to say so, not that it says so: a phase that people open again is not completed by
the tick of the last time. Nor does a tick that is gone open anything again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from services.domain.attempts import Outcome
from services.domain.phase import Phase, Qa
from services.domain.plan import Plan
from services.domain.transitions import PhaseState, Trigger


def with_ticks(plan: Plan, ticks: Mapping[str, bool], now: datetime, *, completed: Collection[str]) -> Plan:
    """The plan after its document was read. `ticks` says of phases whether it calls them done; of those that it newly calls
    so, the `completed` ones are completed."""
    for key, ticked in ticks.items():
        phase = plan.phase(key)
        if ticked is not phase.ticked:
            phase = replace(phase, ticked=ticked)
            plan = plan.with_phase(_completed(phase, now) if ticked and key in completed else phase)
    return plan


def may_be_completed(phase: Phase) -> bool:
    """A tick is a person's word that the work of a phase under way is done. It ends nothing that a machine carries out, is
    neither approval nor verdict, and leaves what was skipped alone."""
    needs_more = (phase.rules.approval and not phase.approved_by) or phase.rules.qa is not Qa.NONE
    if needs_more or phase.leaving or phase.state is PhaseState.NEEDS_QA:
        return False
    return phase.allows(Trigger.COMPLETE) and (not phase.is_in_flight or _is_by_hand(phase))


def _is_by_hand(phase: Phase) -> bool:
    return phase.attempt is not None and phase.attempt.lease_until is None


def _completed(phase: Phase, now: datetime) -> Phase:
    """A person's work is over when a person says so."""
    attempt = phase.attempt
    if attempt is not None and attempt.state.is_in_flight:
        attempt = attempt.ended(Outcome.PASSED, now)
    return phase.on(Trigger.COMPLETE, attempt=attempt, failure=None, not_before=None, finished_at=now)
