"""Outlines: a plan reduced to what a document says of it, whether it was just parsed or has been stored for long."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.domain.plan import Plan
from services.planning.draft import PhaseDraft, PlanDraft
from services.ports import PhaseText, PlanText

_TICKED = re.compile(r"^([ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[)[xX](?=\])", re.MULTILINE)
_NUMBER = re.compile(
    r"^([ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?:\*\*)?)(?:[A-Z]{1,3}-?)?\d+(?:\.\d+)*[.)]?(?=[\s*])",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Section:
    """What a document says of one phase. `needs` are keys of the same outline."""

    key: str
    number: str | None
    title: str
    text: PhaseText
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.number}: {self.title}" if self.number else self.title

    @property
    def content(self) -> str:
        """The content with no box ticked: ticking is progress, not a change of the plan."""
        return unticked(self.text.content)

    @property
    def unnumbered(self) -> str:
        """The content without the numbers of its list items: `1.1` that became `2.1` is still the same task."""
        return _NUMBER.sub(r"\1", self.content)

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(words for _, words in self.text.tasks)


@dataclass(frozen=True, slots=True)
class PlanOutline:
    """What a document says as a whole, its phases in order."""

    title: str
    overview: str
    sections: tuple[Section, ...]


def outline_of_draft(draft: PlanDraft) -> PlanOutline:
    return PlanOutline(draft.title, draft.overview, tuple(map(_section, draft.phases)))


def outline_of_plan(plan: Plan, text: PlanText) -> PlanOutline:
    sections = (
        Section(phase.key, phase.number, phase.title, text.phases[phase.key], plan.graph.needs[phase.key])
        for phase in plan
    )
    return PlanOutline(plan.title, text.overview, tuple(sections))


def unticked(markdown: str) -> str:
    """The same text with every checkbox empty."""
    return _TICKED.sub(r"\1 ", markdown) if "[x]" in markdown or "[X]" in markdown else markdown


def _section(draft: PhaseDraft) -> Section:
    tasks = tuple((task.done, task.text) for task in draft.tasks)
    text = PhaseText(draft.content, tasks, draft.external_docs)
    return Section(draft.key, draft.number, draft.title, text, tuple(need.key for need in draft.depends_on))
