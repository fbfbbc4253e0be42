"""Dependencies: what the document states, with the line that states it, and document order for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.planning.draft import DependencyDraft, PhaseDraft
from services.planning.reading import Document, Edge, Reading


@dataclass(frozen=True, slots=True)
class Needs:
    """What a document says about the order of its units: edges, units free to start, units that run beside others."""

    edges: tuple[Edge, ...] = ()
    free: frozenset[int] = frozenset()
    parallel: frozenset[int] = frozenset()
    unknown: tuple[tuple[int, str], ...] = ()


def resolve(document: Document, reading: Reading) -> Needs:
    """Read every statement about order in the document."""
    return Needs(edges=reading.edges or ())


def attach(phases: Sequence[PhaseDraft], needs: Needs) -> tuple[PhaseDraft, ...]:
    """Give each phase its dependencies: the stated ones, else the phase before it."""
    stated: dict[int, dict[int, int]] = {}
    for edge in needs.edges:
        stated.setdefault(edge.unit, {}).setdefault(edge.needs, edge.line)
    return tuple(_with_needs(phases, place, stated.get(place, {}), needs) for place in range(len(phases)))


def _with_needs(phases: Sequence[PhaseDraft], place: int, stated: dict[int, int], needs: Needs) -> PhaseDraft:
    phase = phases[place]
    drafts = tuple(DependencyDraft(phases[other].key, "stated", line) for other, line in sorted(stated.items()))
    if not drafts and place and place not in needs.free:
        drafts = (DependencyDraft(phases[place - 1].key, "order", phase.line),)
    return replace(phase, depends_on=drafts, parallel=place in needs.parallel)
