"""Task lists under plain headings: no word for phase anywhere, but sections that hold checkboxes."""

from __future__ import annotations

from services.planning.reading import NOT_MINE, Document, Reading, direct_end
from services.planning.words import PLAN

_FEWEST = 2
_COVERED = 0.6


def read(document: Document) -> Reading:
    """The highest level at which several sections hold most of the checkboxes."""
    total = document.boxes
    if total < _FEWEST:
        return NOT_MINE
    for level in range(1, 5):
        members = _members(document, level)
        covered = sum(_count(document, index) for index in members)
        if len(members) >= _FEWEST and covered >= _COVERED * total:
            around = _around(document, members)
            units = [document.unit(index) for index in members]
            units += [document.unit(index, last=direct_end(document, index)) for index in around]
            return Reading("task-sections", _confidence(document), tuple(sorted(units, key=lambda unit: unit.line)))
    return NOT_MINE


def _members(document: Document, level: int) -> list[int]:
    return [
        index
        for index, section in enumerate(document.outline.sections)
        if section.heading.level == level
        and _count(document, index)
        and document.work[index]
        and all(document.work[above] for above in _above(document, index))
    ]


def _above(document: Document, index: int) -> list[int]:
    """The headings around a section, but for the title of the document."""
    return [above for above in document.ancestors(index) if document.outline.sections[above].heading.level > 1]


def _count(document: Document, index: int) -> int:
    section = document.outline.sections[index]
    return document.checkboxes(section.first, section.last)


def _around(document: Document, members: list[int]) -> list[int]:
    """Parents of members that hold tasks of their own, before their first sub-section."""
    parents = {document.outline.sections[index].parent for index in members} - {None}
    return [
        parent
        for parent in parents
        if parent is not None
        and document.work[parent]
        and document.outline.sections[parent].heading.level > 1
        and document.checkboxes(document.outline.sections[parent].first, direct_end(document, parent)) >= _FEWEST
    ]


def _confidence(document: Document) -> float:
    return 0.6 if document.calls_itself(PLAN) else 0.2
