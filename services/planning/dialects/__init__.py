"""Dialects: the ways people write plans, each a function from a document to a reading with its own confidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.planning.dialects import (
    graph_block,
    kiro,
    listed_phases,
    marked_headings,
    numbered_sections,
    spec_kit,
    status_report,
    task_sections,
)
from services.planning.reading import NOT_MINE, Dialect, Document, Reading
from services.planning.words import PLACEHOLDER

DIALECTS: tuple[Dialect, ...] = (
    graph_block.read,
    spec_kit.read,
    numbered_sections.read,
    marked_headings.read,
    kiro.read,
    status_report.read,
    listed_phases.read,
    task_sections.read,
)
"""The surest first: as soon as one is sure, the others are not asked. Of two equals the earlier is taken."""

CEILINGS: Mapping[Dialect, float] = {listed_phases.read: 0.61, task_sections.read: 0.6, status_report.read: 0.8}
"""How sure these can be at most: where another dialect is surer already, they are not asked."""

SURE = 0.9
LEAST = 0.3
MOST_HEADINGS = 5000


def read(document: Document) -> Reading:
    """The most confident reading, or none if no dialect is confident enough or the document is a template."""
    if len(document.outline.sections) > MOST_HEADINGS:
        return replace(NOT_MINE, notes=("too_many_headings",))
    best = NOT_MINE
    notes: tuple[str, ...] = ()
    for dialect in DIALECTS:
        if best.confidence >= CEILINGS.get(dialect, 1.0):
            continue
        reading = dialect(document)
        if not reading.units:
            notes += tuple(note for note in reading.notes if note not in notes)
        if reading.confidence > best.confidence:
            best = reading
        if best.confidence >= SURE:
            break
    if not best.units or best.confidence < LEAST:
        return replace(NOT_MINE, notes=notes)
    if _is_template(document, best):
        return replace(NOT_MINE, notes=(*notes, "template"))
    return replace(best, notes=(*best.notes, *(note for note in notes if not note.startswith("explanation"))))


def _is_template(document: Document, reading: Reading) -> bool:
    """A plan whose title or phases are still placeholders: `User Story 1 - [Title]`."""
    sections = document.outline.sections
    title = sections[0].heading.text if sections else ""
    held = sum(PLACEHOLDER.search(unit.title) is not None for unit in reading.units)
    return held * 2 > len(reading.units) or (held > 0 and PLACEHOLDER.search(title) is not None)
