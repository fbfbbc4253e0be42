"""Readings: what a dialect takes a document for — its units of work, and how sure it is of that."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from services.planning.documents import Reference, references
from services.planning.marks import Mark, read_mark
from services.planning.outline import Heading, Outline
from services.planning.plain import LONGEST
from services.planning.words import is_work


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of work: the lines from its heading to `end_line`, and its blocks `first:last` of the outline."""

    number: str | None
    title: str
    kind: str
    line: int
    end_line: int
    first: int
    last: int
    done: bool = False
    own_line: bool = True
    """False if the opening line carries text beyond the title, so that the content starts with it."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A stated dependency between two units by their place in the reading, with the line that states it."""

    unit: int
    needs: int
    line: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as one dialect sees it. Confidence 0 means: not mine. `edges` only where the dialect states them."""

    dialect: str
    confidence: float
    units: tuple[Unit, ...] = ()
    edges: tuple[Edge, ...] | None = None
    notes: tuple[str, ...] = field(default=())


NOT_MINE = Reading("none", 0.0)


class Dialect(Protocol):
    """A way people write plans."""

    def __call__(self, document: Document) -> Reading:
        """Read the document this way, with the confidence it deserves."""


@dataclass(frozen=True)
class Document:
    """An outline with what every dialect asks about it, worked out once."""

    outline: Outline
    name: str = ""
    _references: dict[tuple[int, int], tuple[Reference, ...]] = field(default_factory=dict, init=False, compare=False)

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """The mark of every section, in order."""
        return tuple(read_mark(section.heading.text) for section in self.outline.sections)

    @cached_property
    def title_section(self) -> int | None:
        """The only first-level heading is the title of the document, even if it says `Phase 2`."""
        tops = [index for index, section in enumerate(self.outline.sections) if section.heading.level == 1]
        return tops[0] if len(tops) == 1 else None

    @cached_property
    def work(self) -> tuple[bool, ...]:
        """For every section, whether its heading may stand over work."""
        return tuple(is_work(section.heading.text[:LONGEST]) for section in self.outline.sections)

    @property
    def boxes(self) -> int:
        """How many checkboxes the document has."""
        return len(self.outline.boxes)

    def checkboxes(self, first: int, last: int) -> int:
        """How many of them stand in `blocks[first:last]`."""
        return bisect_left(self.outline.boxes, last) - bisect_left(self.outline.boxes, first)

    def references_in(self, first: int, last: int) -> tuple[Reference, ...]:
        """The documents named on the lines `first` to `last`, both included, looked for once."""
        lines = first, last
        if lines not in self._references:
            self._references[lines] = references("\n".join(self.outline.lines[first - 1 : last]), first=first)
        return self._references[lines]

    def calls_itself(self, words: re.Pattern[str]) -> bool:
        """True if its first heading or its file name holds one of the words."""
        sections = self.outline.sections
        title = sections[0].heading.text if sections else ""
        return bool(words.search(title) or words.search(self.name.replace("-", " ").replace("_", " ")))

    def ancestors(self, index: int) -> list[int]:
        """The sections around a section, innermost first."""
        around: list[int] = []
        parent = self.outline.sections[index].parent
        while parent is not None:
            around.append(parent)
            parent = self.outline.sections[parent].parent
        return around

    def unit(self, index: int, *, last: int | None = None) -> Unit:
        """The section as a unit of work; `last` cuts it short at a block index."""
        section, mark = self.outline.sections[index], self.marks[index]
        end, end_line = section.last, section.end_line
        if last is not None and last < end:
            end, end_line = last, self.outline.blocks[last].line - 1
        return Unit(
            number=mark.number or mark.section or None,
            title=mark.title or section.heading.text or section.heading.raw.strip("# \t"),
            kind=mark.kind or "section",
            line=section.heading.line,
            end_line=end_line,
            first=section.first,
            last=end,
            done=mark.done,
        )


def direct_end(document: Document, index: int) -> int:
    """The block index where a section's own text ends and its first sub-section begins."""
    sections = document.outline.sections
    section = sections[index]
    if index + 1 < len(sections) and sections[index + 1].parent == index:
        return sections[index + 1].first - 1
    return section.last


def item_units(document: Document, found: Sequence[tuple[int, str, str, bool, str]]) -> tuple[Unit, ...]:
    """Units opened by list items, rows or bold lines: each lasts to the next of them, or to the next heading."""
    blocks = document.outline.blocks
    starts = [index for index, *_ in found]
    units: list[Unit] = []
    for place, (index, number, title, done, kind) in enumerate(found):
        limit = starts[place + 1] if place + 1 < len(starts) else len(blocks)
        heading = next((later for later in range(index + 1, limit) if isinstance(blocks[later], Heading)), limit)
        end_line = blocks[heading].line - 1 if heading < len(blocks) else len(document.outline.lines)
        units.append(Unit(number or None, title, kind, blocks[index].line, end_line, index + 1, heading, done=done))
    return tuple(units)
