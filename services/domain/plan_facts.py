"""The facts of a plan that conditions may ask about: what is known of its phases at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from services.domain.conditions import Condition, Value, condition
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.transitions import PhaseState


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """The plan as `phase` sees it."""

    plan: Plan
    phase: Phase

    def value(self, name: str) -> Value:
        plan, phase = self.plan, self.phase
        found: dict[str, Value] = {
            "phase.title": phase.title,
            "phase.number": phase.number or "",
            "phase.key": phase.key,
            "phase.priority": float(plan.priority if phase.priority is None else phase.priority),
            "plan.title": plan.title,
            "plan.project": plan.project,
            "plan.source": plan.source,
        }
        return found[name]

    def statuses(self, phase: str | None) -> tuple[str, ...]:
        return tuple(one.status.value for one in self._meant(phase))

    def modified(self, phase: str | None) -> bool:
        return any(map(_has_modified, self._meant(phase)))

    def _meant(self, name: str | None) -> Iterator[Phase]:
        if name is None:
            return self.plan.needs(self.phase)
        return (phase for phase in self.plan if is_called(phase, name))


def is_called(phase: Phase, name: str) -> bool:
    """By key, number, title, or both, in any case."""
    number = phase.number
    names = {
        phase.key,
        phase.title,
        *((number, f"phase {number}", phase.name, f"phase {phase.name}") if number else ()),
    }
    return _folded(name) in map(_folded, names)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _has_modified(phase: Phase) -> bool:
    """What was not carried out has changed nothing; of what was, only its own word that it has not is believed."""
    if phase.state not in (PhaseState.COMPLETED, PhaseState.FAILED):
        return False
    result = phase.attempt.result if phase.attempt else None
    return result is None or result.modified is not False


def unmet(plan: Plan, phase: Phase) -> str:
    """The condition of the phase, as written, that keeps it from being carried out; empty if there is none."""
    rules, facts = phase.rules, PlanFacts(plan, phase)
    if rules.when and not _read(rules.when).holds(facts):
        return f"when: {rules.when}"
    if rules.skip_when and _read(rules.skip_when).holds(facts):
        return f"skip_when: {rules.skip_when}"
    if rules.only_if and not _read(rules.only_if).holds(facts):
        return f"only_if: {rules.only_if}"
    return ""


@lru_cache(maxsize=1024)
def _read(text: str) -> Condition:
    return condition(text)
