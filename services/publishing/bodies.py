"""The issues of a plan as people read them: titles and bodies of the parent and of the phases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from services.domain.phase import Phase
from services.domain.plan import Plan
from services.ports import PhaseText, PlanText
from services.publishing.block import Block
from services.publishing.graph_picture import picture
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.text import LIMIT, cell, code, cut, document, inline, length, shortened, title
from services.publishing.words import STATUS, full_name, listed, phases, progress, reference, with_issue

MOST_ROWS = 250
"""Rows of the progress table; more would leave no room for the plan's own text."""

_LONGEST_TASK = 160
_LONGEST_NEED = 40
_CUT = "*The text goes on in the plan; an issue holds no more.*"
_RULE = re.compile(r"(?:\A|\n)[ \t]*(?:-[ \t]*){3,}\s*\Z")
_EMPHASIS = re.compile(r"[*_`]")
_BOX = re.compile(r"^[ \t>]*(?:[-*+]|\d+[.)])[ \t]+\[[ xX]\][ \t]", re.MULTILINE)

# ---------------------------------------------------------------- the parent


def parent_title(plan: Plan) -> str:
    return title(f"[Multi-Phase] {plan.title}")


def parent_body(plan: Plan, text: PlanText, markers: Markers) -> str:
    """The overview as the document has it, the managed block, and the marker last."""
    managed = Block(markers, plan.id).around(parent_block(plan))
    marker = markers.write(Marker(MarkerKind.PLAN, plan.id))
    room = LIMIT - length(managed) - length(marker)
    return _paragraphs(_document(text.overview, room), managed, marker)


def parent_block(plan: Plan) -> str:
    """How the plan stands: a bar, the phases with issue, status and needs, and the graph."""
    return _paragraphs("### Progress", progress(plan), "\n".join(_table(plan)), picture(plan))


def _table(plan: Plan) -> Iterator[str]:
    yield "| Phase | Issue | Status | Needs |"
    yield "| --- | --- | --- | --- |"
    for phase in list(plan)[:MOST_ROWS]:
        needs = ", ".join(_need(need) for need in plan.needs(phase)) or "–"
        yield f"| {cell(full_name(phase))} | {reference(phase.issue)} | {STATUS[phase.status]} | {needs} |"
    if len(plan.phases) > MOST_ROWS:
        yield f"| … and {phases(len(plan.phases) - MOST_ROWS)} more | | | |"


def _need(phase: Phase) -> str:
    return cell(shortened(f"Phase {phase.number}" if phase.number else phase.title, _LONGEST_NEED))


# ---------------------------------------------------------------- a phase


def child_title(phase: Phase) -> str:
    return title(full_name(phase))


def child_body(plan: Plan, phase: Phase, text: PhaseText, markers: Markers, *, repository_url: str = "") -> str:
    """Where it belongs and when it runs, the phase in full, what it refers to, and the marker last.

    `repository_url` is the page of the repository; with it, documents are links.
    """
    managed = Block(markers, plan.id, phase.key).around(child_block(plan, phase))
    marker = markers.write(Marker(MarkerKind.PHASE, plan.id, phase.key))
    documents = _section("Referenced documents", _documents(text, repository_url))
    tasks = _section("Tasks", _tasks(text))
    room = max(LIMIT // 2, LIMIT - sum(length(part) for part in (managed, marker, documents, tasks)))
    body = cut(_paragraphs(_document(text.content, room), tasks, documents), LIMIT, _CUT)
    return _paragraphs(managed, body, marker)


def child_block(plan: Plan, phase: Phase) -> str:
    """The link to the parent and the place in the order, also for trackers that know no sub-issues or dependencies."""
    parent = f"Part of {reference(plan.issue)}" if plan.issue else ""
    return " · ".join(part for part in (parent, execution_order(plan, phase)) if part)


def execution_order(plan: Plan, phase: Phase) -> str:
    """`Executes first`, or `After Phase 1 (#13) and Phase 2 (#14)`."""
    needs = [f"**{with_issue(need)}**" for need in plan.needs(phase)]
    return f"After {listed(needs)}" if needs else "Executes first"


def _tasks(text: PhaseText) -> Iterator[str]:
    """As a checklist, unless the content is one, or lists them all in its own way."""
    if not _BOX.search(text.content) and not _lists_all(text):
        for done, task in text.tasks:
            yield f"- [{'x' if done else ' '}] {inline(shortened(task, _LONGEST_TASK))}"


def _lists_all(text: PhaseText) -> bool:
    content = _bare(text.content)
    return all(_bare(task) in content for _, task in text.tasks)


def _bare(markdown: str) -> str:
    """Words and punctuation, without emphasis and line breaks."""
    return " ".join(_EMPHASIS.sub("", markdown).split())


def _documents(text: PhaseText, repository_url: str) -> Iterator[str]:
    for path in text.documents:
        page = f"{repository_url}/blob/HEAD/{quote(path)}"
        yield f"- [{code(path)}](<{page}>)" if repository_url else f"- {code(path)}"


# ---------------------------------------------------------------- parts


def _document(markdown: str, room: int) -> str:
    """Without the rule that divided it from the next part of the document."""
    return document(_RULE.sub("", markdown.replace("\r\n", "\n")), room, _CUT)


def _section(heading: str, lines: Iterator[str]) -> str:
    listed_lines = "\n".join(lines)
    return f"### {heading}\n\n{listed_lines}" if listed_lines else ""


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
