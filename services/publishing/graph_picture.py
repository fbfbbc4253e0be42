"""The graph of a plan as a Mermaid picture, each phase in the colour of its status."""

from __future__ import annotations

from collections.abc import Iterator

from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan
from services.publishing.quiet import clean
from services.publishing.text import shortened
from services.publishing.words import full_name

MOST_PHASES = 120
MOST_NEEDS = 400
"""Beyond these GitHub draws nothing that anybody could read, and soon nothing at all."""

_LONGEST_NAME = 48

# Fill, border and text of each status: readable on GitHub's light and dark pages alike
_COLOURS: dict[QueueStatus, tuple[str, str, str]] = {
    QueueStatus.QUEUED: ("#eaeef2", "#8c959f", "#24292f"),
    QueueStatus.READY: ("#ddf4ff", "#0969da", "#0a3069"),
    QueueStatus.RUNNING: ("#fff8c5", "#bf8700", "#4d2d00"),
    QueueStatus.NEEDS_QA: ("#fbefff", "#8250df", "#3e1f79"),
    QueueStatus.COMPLETED: ("#dafbe1", "#1a7f37", "#003d16"),
    QueueStatus.SKIPPED: ("#f6f8fa", "#8c959f", "#57606a"),
    QueueStatus.BLOCKED: ("#ffd8b5", "#bc4c00", "#471700"),
    QueueStatus.FAILED: ("#ffebe9", "#cf222e", "#660018"),
    QueueStatus.CANCELLED: ("#eaeef2", "#57606a", "#57606a"),
}

_SIGNS = str.maketrans({"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "'", "\\": "#92;"})


def picture(plan: Plan) -> str:
    """A fenced Mermaid graph; empty for a plan whose graph says nothing or is too large to be drawn."""
    needs = sum(len(needed) for needed in plan.graph.needs.values())
    if not needs or needs > MOST_NEEDS or len(plan.phases) > MOST_PHASES:
        return ""
    return "\n".join(["```mermaid", *_lines(plan), "```"])


def _lines(plan: Plan) -> Iterator[str]:
    yield "flowchart TD"
    for phase in plan:
        yield f'  {_node(phase)}["{_label(phase)}"]:::{phase.status}'
    for phase in plan:
        for need in plan.needs(phase):
            yield f"  {_node(need)} --> {_node(phase)}"
    for status in dict.fromkeys(phase.status for phase in plan):
        fill, border, text = _COLOURS[status]
        yield f"  classDef {status} fill:{fill},stroke:{border},color:{text}"


def _node(phase: Phase) -> str:
    return f"p{phase.ordinal}"


def _label(phase: Phase) -> str:
    name = shortened(" ".join(clean(full_name(phase)).split()), _LONGEST_NAME)
    return name.translate(_SIGNS)
