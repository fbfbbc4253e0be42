"""Ordering: the dependencies each phase gets — those the document states, else the phase before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.planning.draft import DependencyDraft, PhaseDraft
from services.planning.needs import Needs


def attach(phases: Sequence[PhaseDraft], needs: Needs) -> tuple[PhaseDraft, ...]:
    """Give each phase its dependencies: the stated ones, else the phase before it."""
    stated: dict[int, dict[int, int]] = {}
    for edge in needs.edges:
        stated.setdefault(edge.unit, {}).setdefault(edge.needs, edge.line)
    before = _document_order(len(phases), stated, needs)
    return tuple(
        replace(
            phase,
            depends_on=_drafts(phases, place, stated.get(place, {}), before.get(place, ())),
            parallel=place in needs.parallel,
        )
        for place, phase in enumerate(phases)
    )


def _drafts(
    phases: Sequence[PhaseDraft], place: int, stated: Mapping[int, int], before: Sequence[int]
) -> tuple[DependencyDraft, ...]:
    if before:
        return tuple(DependencyDraft(phases[other].key, "order", phases[place].line) for other in before)
    return tuple(DependencyDraft(phases[other].key, "stated", line) for other, line in sorted(stated.items()))


def _document_order(count: int, stated: Mapping[int, Mapping[int, int]], needs: Needs) -> dict[int, tuple[int, ...]]:
    """For each phase that states nothing, the nearest phase before it that neither runs beside it nor waits for it.

    If others run beside that one, it waits for all of them: what comes next in the document comes after the whole.
    """
    graph = {place: set(stated.get(place, ())) for place in range(count)}
    forward = any(needed > place for place, needed_ones in stated.items() for needed in needed_ones)
    order: dict[int, tuple[int, ...]] = {}
    for place in range(1, count):
        if stated.get(place) or place in needs.free:
            continue
        for before in range(place - 1, -1, -1):
            beside = place in needs.parallel and before in needs.parallel
            if not beside and not (forward and _reaches(graph, before, place)):
                beside_it = _beside(before, needs) if place not in needs.parallel else ()
                order[place] = tuple(
                    one for one in (*beside_it, before) if not (forward and _reaches(graph, one, place))
                )
                graph[place].update(order[place])
                break
    return order


def _beside(place: int, needs: Needs) -> tuple[int, ...]:
    """The phases right before one that run beside it."""
    first = place
    while place in needs.parallel and first - 1 in needs.parallel:
        first -= 1
    return tuple(range(first, place))


def _reaches(graph: Mapping[int, set[int]], start: int, goal: int) -> bool:
    """True if `start` waits for `goal`, directly or by way of others."""
    seen, stack = {start}, [start]
    while stack:
        for needed in graph[stack.pop()] - seen:
            if needed == goal:
                return True
            seen.add(needed)
            stack.append(needed)
    return False
