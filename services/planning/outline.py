"""The outline of a document: headings, list items, table rows, paragraphs and code blocks, each with its line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

_TICKED = frozenset("xX✓✔✅☑")


class Heading(NamedTuple):
    """A heading: `text` is its Markdown without the marks that make it one, `raw` the line as written."""

    line: int
    level: int
    text: str
    raw: str


class Item(NamedTuple):
    """A list item. `depth` counts from 0; `box` is the character in its checkbox, "" without one."""

    line: int
    depth: int
    number: str
    box: str
    text: str

    @property
    def done(self) -> bool:
        return self.box in _TICKED


class Row(NamedTuple):
    """A table row; `table` is the line its table begins on, which is the line of its head."""

    line: int
    table: int
    cells: tuple[str, ...]

    @property
    def is_head(self) -> bool:
        return self.line == self.table


class Paragraph(NamedTuple):
    """Running text, its lines kept apart by newlines; `quoted` if it stands in a quote."""

    line: int
    text: str
    quoted: bool


class Fence(NamedTuple):
    """A code block with its text; `info` is what stands after the opening fence."""

    line: int
    info: str
    text: str


Block = Heading | Item | Row | Paragraph | Fence


class Section(NamedTuple):
    """A heading with what belongs to it: `blocks[first:last]`, as far as the line `end_line`. `parent` is an index."""

    heading: Heading
    first: int
    last: int
    end_line: int
    parent: int | None


@dataclass(frozen=True)
class Outline:
    """What a document consists of, in its order. Lines count from 1."""

    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    front_matter: str = ""

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """One section a heading, nested by level."""
        return tuple(_sections(self.blocks, len(self.lines)))

    def around(self, line: int) -> Iterator[Section]:
        """The sections that a line stands in, innermost first."""
        place: int | None = bisect_right(self.sections, line, key=lambda section: section.heading.line) - 1
        while place is not None and place >= 0:
            yield self.sections[place]
            place = self.sections[place].parent

    @cached_property
    def boxes(self) -> tuple[int, ...]:
        """Where the items with a checkbox stand, as indices of blocks."""
        return tuple(index for index, block in enumerate(self.blocks) if block.__class__ is Item and block.box)

    def text(self, first: int, last: int) -> str:
        """The Markdown of the lines `first` to `last`, both included, without blank lines around it."""
        return "\n".join(self.lines[first - 1 : last]).strip("\n")


def _sections(blocks: tuple[Block, ...], last_line: int) -> Iterator[Section]:
    """The sections of a document, each ended by the next heading of its level or a higher one."""
    heads = [(index, block) for index, block in enumerate(blocks) if block.__class__ is Heading]
    ends = [(len(blocks), last_line)] * len(heads)
    parents: list[int | None] = [None] * len(heads)
    open_: list[int] = []
    for number, (index, heading) in enumerate(heads):
        while open_ and heads[open_[-1]][1].level >= heading.level:
            ends[open_.pop()] = (index, heading.line - 1)
        parents[number] = open_[-1] if open_ else None
        open_.append(number)
    for (index, heading), (last, end_line), parent in zip(heads, ends, parents, strict=True):
        yield Section(heading, index + 1, last, end_line, parent)
