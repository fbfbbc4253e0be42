"""Numbered sections as units: `## 1. Prepare`, `## 1.2 Image builder`, in documents that are plans by their own account."""

from __future__ import annotations

from dataclasses import replace

from services.planning.marks import read_mark
from services.planning.outline import Item
from services.planning.plain import plain
from services.planning.reading import NOT_MINE, Document, Reading, Unit
from services.planning.words import ACTION, PLAN, is_work

_FEWEST = 3
_PAIR = 2
"""So few are units only if their tasks bear their numbers: `1.1` below `1.`."""


def read(document: Document) -> Reading:
    """The group of numbered siblings that holds the tasks; without tasks, one that is work by its titles."""
    groups: dict[tuple[int, int | None], list[int]] = {}
    for index, section in enumerate(document.outline.sections):
        if document.marks[index].section:
            groups.setdefault((section.heading.level, section.parent), []).append(index)
    readings = [_reading(document, members) for members in groups.values() if len(members) >= _PAIR]
    return max(readings, key=lambda reading: (reading.confidence, len(reading.units)), default=NOT_MINE)


def _reading(document: Document, members: list[int]) -> Reading:
    sections = document.outline.sections
    held = {index for index in members if document.checkboxes(sections[index].first, sections[index].last)}
    work = [index for index in members if is_work(document.marks[index].title)]
    holding = [index for index in work if index in held]
    units = tuple(_unit(document, index) for index in work)
    if len(work) < _FEWEST and not (len(work) == len(holding) == _PAIR and _is_numbered_alike(document, work)):
        return NOT_MINE
    covered = sum(document.checkboxes(sections[index].first, sections[index].last) for index in holding)
    if len(holding) >= min(_FEWEST, len(work)) and covered * 2 > document.boxes and len(holding) * 2 > len(members):
        return Reading("numbered-sections", _with_boxes(document, members), units)
    parent = sections[members[0]].parent
    called = document.calls_itself(ACTION) or (parent is not None and PLAN.search(sections[parent].heading.text))
    if called and len(work) == len(members) and not holding:
        return Reading("numbered-sections", 0.45, units)
    return NOT_MINE


def _is_numbered_alike(document: Document, members: list[int]) -> bool:
    """True if each section holds a task whose id begins with the number of the section."""
    sections, blocks = document.outline.sections, document.outline.blocks
    return all(
        any(
            isinstance(block, Item) and block.box and block.text.startswith(f"{document.marks[index].section}.")
            for block in blocks[sections[index].first : sections[index].last]
        )
        for index in members
    )


def _with_boxes(document: Document, members: list[int]) -> float:
    """Surer than any marked heading where the marks repeat: `5. Phase C`, `6. Phase C` are two units."""
    marked = [document.marks[index] for index in members if document.marks[index].kind]
    repeated = len({mark.number for mark in marked}) < len(marked)
    return 0.99 if repeated else 0.65 if document.calls_itself(PLAN) else 0.4


def _unit(document: Document, index: int) -> Unit:
    """The section with its section number, and with its own words even if they begin with a mark."""
    unit, mark = document.unit(index), document.marks[index]
    words = plain(document.outline.sections[index].heading.text)
    title = words[len(mark.section) :].lstrip(" .)：:、—–-") if words.startswith(mark.section) else words
    inner = read_mark("# " + title) if mark.kind else mark
    return replace(
        unit, number=mark.section, title=inner.title.removeprefix("# ") if mark.kind else mark.title, kind="section"
    )
