"""Computed status: facts are stored, readiness follows from them. The one place that derives it."""

from __future__ import annotations

from dataclasses import replace

from services.domain.graph import Graph
from services.domain.phase import Phase, QueueStatus
from services.domain.transitions import PhaseState

_GIVEN_UP = frozenset({QueueStatus.FAILED, QueueStatus.CANCELLED, QueueStatus.BLOCKED})


def status_of(phase: Phase, phases: dict[str, Phase], graph: Graph) -> QueueStatus:
    """The queue status of a phase, given its dependencies' statuses. First match: ready, blocked, queued."""
    if phase.state is not PhaseState.WAITING:
        return QueueStatus(phase.state)
    unsatisfied = [need for key in graph.needs[phase.key] if not (need := phases[key]).is_satisfied]
    if not unsatisfied:
        return QueueStatus.READY
    if any(need.status in _GIVEN_UP for need in unsatisfied):
        return QueueStatus.BLOCKED
    return QueueStatus.QUEUED


def settle(phases: dict[str, Phase], graph: Graph, changed: str) -> None:
    """Compute the status of `changed` and of whatever it affects, in place. Touches only what can differ."""
    ahead = [changed]
    while ahead:
        key = ahead.pop()
        phase = phases[key]
        status = status_of(phase, phases, graph)
        if status is not phase.status:
            phases[key] = replace(phase, status=status)
        if status is not phase.status or key == changed:
            ahead.extend(need for need in graph.dependents[key] if phases[need].state is PhaseState.WAITING)
