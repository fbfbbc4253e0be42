"""Which phases of a plan were asked for with `--phases`, by key, number or title."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from services.domain.errors import UserError
from services.planning.draft import PhaseDraft, PlanDraft


class UnknownPhase(UserError):
    """No phase of this plan is called so."""

    code = "unknown_phase"


class DependencyNotSelected(UserError):
    """A selected phase needs one that is neither done nor selected."""

    code = "dependency_not_selected"


def selected(draft: PlanDraft, wanted: Iterable[str]) -> frozenset[str] | None:
    """The keys of the phases asked for; None for all. Each entry may list several. Raises UnknownPhase."""
    names = [name for entry in wanted for name in _split(draft, entry)]
    return frozenset(_key(draft, name) for name in names) if names else None


def refuse_incomplete(draft: PlanDraft, chosen: frozenset[str], done: Collection[str]) -> None:
    """Raises DependencyNotSelected unless whatever the chosen phases need is chosen as well, or `done`."""
    missing = missing_needs(draft, chosen, done)
    if missing:
        names = {phase.key: _name(phase) for phase in draft.phases}
        told = "; ".join(f"“{_name(phase)}” needs “{names[need]}”" for phase, need in missing)
        needed = ",".join(dict.fromkeys(need for _, need in missing))
        raise DependencyNotSelected(
            f"{told}, which is not done and was not selected",
            where="--phases",
            fix=f"Add {needed} to --phases, or give --ignore-dependencies.",
        )


def missing_needs(draft: PlanDraft, chosen: frozenset[str], done: Collection[str]) -> list[tuple[PhaseDraft, str]]:
    """Each chosen phase with the key of a phase that it needs and that is neither chosen nor done."""
    return [
        (phase, need.key)
        for phase in draft.phases
        if phase.key in chosen
        for need in phase.depends_on
        if need.key not in chosen and need.key not in done
    ]


def _split(draft: PlanDraft, entry: str) -> Iterator[str]:
    """By commas, unless the whole is the title of a phase."""
    if any(_folded(entry) in _names(phase) for phase in draft.phases):
        yield entry
        return
    yield from (name for name in map(str.strip, entry.split(",")) if name)


def _key(draft: PlanDraft, name: str) -> str:
    found = [phase for phase in draft.phases if _folded(name) in _names(phase)]
    if len(found) == 1:
        return found[0].key
    if found:
        keys = ", ".join(phase.key for phase in found)
        raise UnknownPhase(f"“{name}” is the name of several phases", where="--phases", fix=f"Say which: {keys}.")
    raise UnknownPhase(f"this plan has no phase “{name}”", where="--phases", fix=_suggestion(draft, name))


def _names(phase: PhaseDraft) -> set[str]:
    """All that a phase may be called, folded."""
    numbered = {phase.number, f"phase {phase.number}", _name(phase)} if phase.number else set()
    return {_folded(name) for name in {phase.key, phase.title, *numbered} if name}


def _suggestion(draft: PlanDraft, name: str) -> str:
    known = {one: phase for phase in draft.phases for one in _names(phase)}
    close = get_close_matches(_folded(name), known, n=1, cutoff=0.5)
    if close:
        return f"Did you mean “{_name(known[close[0]])}”?"
    return "There are: " + ", ".join(_name(phase) for phase in draft.phases)


def _name(phase: PhaseDraft) -> str:
    return f"{phase.number}: {phase.title}" if phase.number else phase.title


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
