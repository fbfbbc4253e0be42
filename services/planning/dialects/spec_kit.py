"""spec-kit `tasks.md`: phase headings over checkboxes with ids (`T001`), parallel marks (`[P]`) and stories (`[US1]`)."""

from __future__ import annotations

import re
from dataclasses import replace

from services.planning.dialects import marked_headings
from services.planning.outline import Item
from services.planning.reading import NOT_MINE, Document, Reading

_TASK = re.compile(r"(?:\*\*)?T\d{2,4}[a-z]?\b")
_ENOUGH = 3


def read(document: Document) -> Reading:
    """The phases of the headings, if their tasks are numbered the way spec-kit does it."""
    blocks = document.outline.blocks
    boxes = (blocks[index] for index in document.outline.boxes)
    numbered = sum(isinstance(box, Item) and _TASK.match(box.text) is not None for box in boxes)
    if numbered < _ENOUGH or numbered * 2 < document.boxes:
        return NOT_MINE
    reading = marked_headings.read(document)
    if reading.dialect != "phase-headings":
        return NOT_MINE
    return replace(reading, dialect="spec-kit", confidence=0.99)
