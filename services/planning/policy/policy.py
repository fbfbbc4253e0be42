"""A policy that has been read: the rules for every phase, and the limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.domain.conditions import condition
from services.domain.findings import Finding, Severity
from services.domain.rules import Budgets, Rules
from services.domain.world import Limits
from services.planning.policy.language import PRIORITIES
from services.planning.policy.match import Match, Named, is_named
from services.planning.policy.problems import did_you_mean
from services.planning.policy.rules_text import RulesText
from services.planning.policy.said import laid_over, rules_of
from services.planning.policy.source import Place
from services.planning.scope import DonePhases


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of parent and child issues, and `plan`: that by which people hand an issue in as a plan."""

    parent: str = "multi-phase"
    child: str = "multi-phase-child"
    plan: str = "phasebot-plan"


@dataclass(frozen=True, slots=True)
class Entry:
    """The rules for the phases that match; `written` and `place` are for telling people about it."""

    match: Match
    rules: RulesText
    written: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What counts for a project. `plans` are globs of the files that become plans when they are pushed; `findings` the
    warnings that were given when it was read."""

    limits: Limits = field(default_factory=Limits)
    workers: int | None = None
    worker_cap: int | None = None
    labels: Labels = field(default_factory=Labels)
    plans: tuple[str, ...] = ()
    publish_auto: bool = False
    budgets: Budgets = field(default_factory=Budgets)
    writeback: bool = False
    done: DonePhases = DonePhases.COMPLETED
    defaults: RulesText = field(default_factory=RulesText)
    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()

    def rules_for(self, phase: Named) -> Rules:
        """The first entry that matches the phase, over the defaults."""
        said = self._said_of(phase)
        rules = rules_of(said, self.priority_for(phase) if "priority" in said else None)
        return replace(rules, budget=rules.budget.over(self.budgets.attempt), budgets=self.budgets)

    def sources_for(self, phase: Named) -> Mapping[str, Entry | None]:
        """Where each key that counts for the phase is said: in an entry, or (None) in the defaults."""
        entry = self._entry_of(phase)
        told = dict.fromkeys(_said(self.defaults)) | dict.fromkeys(_said(entry.rules) if entry else (), entry)
        return {name: told[name] for name in sorted(told)}

    def priority_for(self, phase: Named) -> int:
        """10 urgent to 90 background; lower goes first."""
        priority = self._said_of(phase).get("priority", "normal")
        return PRIORITIES[priority] if isinstance(priority, str) else int(priority)

    def unmatched(self, phases: Iterable[Named]) -> tuple[Finding, ...]:
        """A warning for each entry that is about none of these phases, and for each condition that names none of them."""
        there = list(phases)
        found = [_unmatched(entry, there) for entry in self.entries if not any(map(entry.match.fits, there))]
        asked = [(self.defaults, Place()), *((entry.rules, entry.place) for entry in self.entries)]
        return (*found, *(one for rules, place in asked for one in _unknown(rules, place, there)))

    def _entry_of(self, phase: Named) -> Entry | None:
        return next((entry for entry in self.entries if entry.match.fits(phase)), None)

    def _said_of(self, phase: Named) -> dict[str, Any]:
        """Only what is written: what it does not say, an entry takes from the defaults."""
        entry = self._entry_of(phase)
        return laid_over(_said(self.defaults), _said(entry.rules) if entry else {})


def _said(rules: RulesText) -> dict[str, Any]:
    return {name: getattr(rules, name) for name in rules.model_fields_set if name != "match"}


def _unknown(rules: RulesText, place: Place, phases: list[Named]) -> Iterator[Finding]:
    """Conditions that ask about a phase that is not there: what they ask is never so."""
    for text in filter(None, (rules.when, rules.skip_when, rules.only_if)):
        for name in condition(text).phases:
            if not any(is_named(phase, name) for phase in phases):
                fix = did_you_mean(name, [one.title for one in phases])
                message = f"no phase of the plan is called `{name}`, which a condition asks about"
                yield Finding("policy_no_such_phase", Severity.WARNING, place.line, message, fix, place.column)


def _unmatched(entry: Entry, phases: list[Named]) -> Finding:
    message = f"no phase of the plan matches {entry.written}"
    fix = did_you_mean(entry.written.strip("`/*"), [one.title for one in phases])
    return Finding("policy_no_such_phase", Severity.WARNING, entry.place.line, message, fix, entry.place.column)
