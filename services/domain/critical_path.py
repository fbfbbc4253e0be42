"""The critical path: the chain of phases that the whole plan waits for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.domain.phase import Phase
from services.domain.plan import Plan


def critical_path(plan: Plan, seconds: Callable[[Phase], float]) -> tuple[str, ...]:
    """Keys of the longest chain, from its first phase to its last. `seconds` is how long a phase takes."""
    longest: dict[str, float] = {}
    before: dict[str, str] = {}
    for key in plan.graph.order():
        needed = plan.graph.needs[key]
        last = max(needed, key=longest.__getitem__, default=None)
        longest[key] = seconds(plan.phase(key)) + (longest[last] if last else 0)
        if last:
            before[key] = last
    at = max(plan.phases, key=longest.__getitem__, default=None)
    path: list[str] = []
    while at is not None:
        path.append(at)
        at = before.get(at)
    return tuple(reversed(path))


def took(phase: Phase, now: datetime) -> float | None:
    """Seconds from the first start of a phase to its end, or to now; None if it has not begun."""
    if phase.started_at is None:
        return None
    return max(0.0, ((phase.finished_at or now) - phase.started_at).total_seconds())


def expected(plan: Plan, now: datetime) -> Callable[[Phase], float]:
    """What phases took, and for those that have not ended what the others took on average; a phase is at least a second."""
    known = [seconds for phase in plan if phase.finished_at and (seconds := took(phase, now)) is not None]
    average = sum(known) / len(known) if known else 60.0
    return lambda phase: (
        max(1.0, took(phase, now) or average) if phase.finished_at else max(average, took(phase, now) or 0)
    )
