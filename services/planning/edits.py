"""Edits: what people change about a draft in its preview, without touching the document: order, needs, executor, on_error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from services.domain.phase import OnError, Rules
from services.planning.checks import cycles
from services.planning.draft import DependencyDraft, PhaseDraft, PlanDraft
from services.planning.rules import BY_CODE


@dataclass(frozen=True, slots=True)
class PhaseEdit:
    """What is different about one phase; None and empty: as the document and the policy say."""

    needs: tuple[str, ...] | None = None
    executor: str = ""
    on_error: OnError | None = None

    def __bool__(self) -> bool:
        return self.needs is not None or bool(self.executor or self.on_error)

    def ruled(self, rules: Rules) -> Rules:
        return replace(rules, executor=self.executor or rules.executor, on_error=self.on_error or rules.on_error)


@dataclass(frozen=True, slots=True)
class Edits:
    """`order` are keys of phases; those that it does not name keep their places after them."""

    order: tuple[str, ...] = ()
    phases: Mapping[str, PhaseEdit] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.order or self.phases)

    def of(self, key: str) -> PhaseEdit:
        return self.phases.get(key, PhaseEdit())

    def ruling(self, rules_for: Callable[[PhaseDraft], Rules]) -> Callable[[PhaseDraft], Rules]:
        """The rules of the policy, but for what was edited."""
        return lambda phase: self.of(phase.key).ruled(rules_for(phase))

    def as_json(self) -> dict[str, Any]:
        phases = {
            key: {
                "needs": None if one.needs is None else list(one.needs),
                "executor": one.executor,
                "on_error": one.on_error,
            }
            for key, one in self.phases.items()
            if one
        }
        return {"order": list(self.order), "phases": phases}


def edits_of(stored: Mapping[str, Any]) -> Edits:
    """From what `as_json` made."""
    phases = {
        key: PhaseEdit(
            needs=None if one["needs"] is None else tuple(one["needs"]),
            executor=one["executor"],
            on_error=OnError(one["on_error"]) if one["on_error"] else None,
        )
        for key, one in stored.get("phases", {}).items()
    }
    return Edits(tuple(stored.get("order", ())), phases)


def edited(draft: PlanDraft, edits: Edits) -> PlanDraft:
    """The draft as it was edited. Where phases just follow one another they follow one another in the new order, too.

    Needs that lead in a circle are a finding, as they would be in a document.
    """
    if not edits:
        return draft
    place = {key: at for at, key in enumerate(edits.order)}
    phases = sorted(draft.phases, key=lambda phase: place.get(phase.key, len(place)))
    if _is_chain(draft.phases):
        phases = _chained(phases)
    known = {phase.key for phase in phases}
    phases = [_with_needs(phase, edits.of(phase.key), known) for phase in phases]
    return replace(draft, phases=tuple(phases), findings=(*draft.findings, *_circles(draft, phases)))


def _is_chain(phases: tuple[PhaseDraft, ...]) -> bool:
    """Every phase needs the one before it, because of its place alone."""
    first_is_free = not phases or not phases[0].depends_on
    return first_is_free and all(
        [(need.key, need.source) for need in later.depends_on] == [(earlier.key, "order")]
        for earlier, later in pairwise(phases)
    )


def _chained(phases: list[PhaseDraft]) -> list[PhaseDraft]:
    free = replace(phases[0], depends_on=()) if phases else None
    later = [
        replace(phase, depends_on=(DependencyDraft(before.key, "order", phase.line),))
        for before, phase in pairwise(phases)
    ]
    return [free, *later] if free else []


def _with_needs(phase: PhaseDraft, edit: PhaseEdit, known: set[str]) -> PhaseDraft:
    if edit.needs is None:
        return phase
    needs = tuple(DependencyDraft(key, "stated", phase.line) for key in edit.needs if key in known and key != phase.key)
    return replace(phase, depends_on=needs)


def _circles(draft: PlanDraft, phases: list[PhaseDraft]) -> tuple[Any, ...]:
    """Those that the edits made; what is wrong with the document itself is known already."""
    if any(finding.code == "cycle" for finding in draft.findings):
        return ()
    called = {phase.key: phase for phase in phases}
    return tuple(
        BY_CODE["cycle"].at(
            called[circle[0]].line, phases=" → ".join(called[key].title for key in (*circle, circle[0]))
        )
        for circle in cycles(phases)
    )
