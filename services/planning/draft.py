"""Drafts: what a document means as a plan, before anybody has agreed to it. Frozen values with line numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from services.domain.findings import Finding
from services.planning.paths import paths_in


class TaskDraft(NamedTuple):
    """One task of a phase. `depth` counts from 0."""

    id: str | None
    text: str
    done: bool
    parallel: bool
    story: str | None
    line: int
    depth: int

    @property
    def paths(self) -> tuple[str, ...]:
        """The files its text names. They are looked for when they are asked for: most of the time nobody does."""
        return paths_in(self.text)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "text": self.text,
            "done": self.done,
            "parallel": self.parallel,
            "story": self.story,
            "line": self.line,
            "paths": list(self.paths),
        }


@dataclass(frozen=True, slots=True)
class DependencyDraft:
    """A phase that has to come first: stated by the text at `line`, or following from the order of the document."""

    key: str
    source: Literal["stated", "order"]
    line: int

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "source": self.source, "line": self.line}


@dataclass(frozen=True, slots=True)
class PhaseDraft:
    """One phase: `key` is its handle, `number` as the document writes it, `content` its Markdown without the heading."""

    key: str
    number: str | None
    title: str
    line: int
    end_line: int
    goal: str
    content: str
    done: bool
    parallel: bool
    tasks: tuple[TaskDraft, ...]
    depends_on: tuple[DependencyDraft, ...]
    external_docs: tuple[str, ...]
    labels: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "number": self.number,
            "title": self.title,
            "line": self.line,
            "end_line": self.end_line,
            "goal": self.goal,
            "content": self.content,
            "done": self.done,
            "parallel": self.parallel,
            "tasks": [task.as_json() for task in self.tasks],
            "depends_on": [dependency.as_json() for dependency in self.depends_on],
            "external_docs": list(self.external_docs),
            "labels": list(self.labels),
        }


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A document read as a plan. Without phases `has_phases` is false and `phases` is empty."""

    title: str
    overview: str
    dialect: str
    confidence: float
    has_phases: bool
    phases: tuple[PhaseDraft, ...]
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """What `phasebot parse --json` prints."""
        return {
            "title": self.title,
            "overview": self.overview,
            "dialect": self.dialect,
            "confidence": self.confidence,
            "has_phases": self.has_phases,
            "phases": [phase.as_json() for phase in self.phases],
            "findings": [finding.as_json() for finding in self.findings],
        }
