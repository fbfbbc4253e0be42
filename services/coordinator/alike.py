"""Failures that are alike: phases that fail for one reason within a short time are told of together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zlib import crc32

from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.transitions import PhaseState

SOON = timedelta(minutes=10)
"""How soon one has to follow another."""


def alike(plan: Plan, phase: Phase) -> tuple[Phase, ...]:
    """The phases that have failed as this one has, each soon after the one before it, up to this one; oldest first."""
    found = sorted(_like(plan, phase), key=lambda one: (one.finished_at, one is phase, one.ordinal))
    together = found[-1:]
    for one in reversed(found[:-1]):
        first = together[0].finished_at
        if first is None or one.finished_at is None or first - one.finished_at > SOON:
            break
        together.insert(0, one)
    return tuple(together) or (phase,)


def thread_of(plan: Plan, together: Sequence[Phase]) -> str:
    """By which the one notice about them is found again, as others join them."""
    first = together[0]
    return f"alike:{plan.id}:{crc32('/'.join(_cause(first)).encode()):08x}:{first.key}:{first.attempts}/"


def _like(plan: Plan, phase: Phase) -> list[Phase]:
    if phase.failure is None or phase.finished_at is None:
        return []
    return [
        one
        for one in plan
        if one.state is PhaseState.FAILED
        and one.finished_at is not None
        and one.finished_at <= phase.finished_at
        and _cause(one) == _cause(phase)
    ]


def _cause(phase: Phase) -> tuple[str, str, str]:
    failure = phase.failure
    return (failure.type, failure.tool, failure.message) if failure else ("", "", "")
