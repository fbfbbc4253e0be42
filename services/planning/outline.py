"""The outline of a Markdown document: headings, list items, table rows, paragraphs and code blocks, each with its line.

The only module that knows the Markdown library. What stands in a code block, a quote, an HTML comment or the front
matter is no heading and no task here, because CommonMark says so and not because a pattern guessed it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import pyromark

from services.planning.painting import painted

_FRONT_MATTER_LINES = 500
_SETEXT_LENGTH = 100
_LONGEST_TEXT = 4000
_DEEPEST = 20
_CONTINUATION_LINES = 20
_MARKER = re.compile(r"[ \t]*(?:[-*+]|(\d{1,9})[.)])(?:[ \t]+|$)")
_BOX = re.compile(r"\\?\[ ?([ xX~/>!?✓✔✅☑–—-]?) ?\\?\](?:\*?(?:[ \t]+|$)|(?=\w)|:[ \t])")
_NO_SPACE = re.compile(r"(#{2,6})([^\W_].{0,200})\Z")
_INDENTED_BOX = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX-]\][ \t]")
_SENTENCE = re.compile(r"(?:\*\*|__|[*_])?(?![\s\d_])\w(?<![a-z])")
_TEXT_LINE = re.compile(r"(?:[*_]{1,2})?[^\W_]")
_FENCE = re.compile(r"(?:```|~~~)[`~]*([^`]*)\Z")
_ATX = re.compile(r"(#{1,6})[ \t]*(.*)")
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

    def text(self, first: int, last: int) -> str:
        """The Markdown of the lines `first` to `last`, both included, without blank lines around it."""
        return "\n".join(self.lines[first - 1 : last]).strip("\n")


def read_outline(text: str, *, prepared: Callable[[bytes], str] = painted) -> Outline:
    """One pass over the document, in linear time. Takes any text and never raises.

    `prepared` gives the Markdown library its copy, in which every byte must be in its place.
    """
    clean = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    data = clean.encode("utf-8", "replace")
    lines = data.decode().split("\n")
    front, skipped = _front_matter(lines)
    if skipped:
        data = b"\n" * skipped + "\n".join(lines[skipped:]).encode()
    blocks = tuple(_Reader(data).blocks(prepared(data)))
    if len(lines) > 1 and not lines[-1]:
        lines.pop()  # what follows the last line break is no line
    return Outline(tuple(lines), blocks, front)


def _front_matter(lines: list[str]) -> tuple[str, int]:
    """The YAML between `---` lines at the very top, and how many lines it takes."""
    if lines[0].rstrip() != "---":
        return "", 0
    for number, line in enumerate(lines[1:_FRONT_MATTER_LINES], start=1):
        if line.rstrip() in ("---", "..."):
            front = "\n".join(lines[1:number])
            return (front, number + 1) if ":" in front else ("", 0)
    return "", 0


class _Reader:
    """Turns the events of the Markdown library into blocks. Block events alone matter; text is cut from the lines."""

    def __init__(self, data: bytes) -> None:
        self._lines = data.decode().split("\n")
        self._wide = not data.isascii()
        lengths = [len(line) + 1 for line in data.split(b"\n")]
        self._starts = list(accumulate(lengths, initial=0))
        self._lists = 0
        self._quotes = 0
        self._table = 0

    def blocks(self, text: str) -> Iterator[Block]:
        """Walk the events of the text once."""
        readers: dict[str, Any] = {
            "Heading": self._heading,
            "Item": self._item,
            "Paragraph": self._paragraph,
            "TableHead": self._table_head,
            "TableRow": self._table_row,
            "CodeBlock": self._code,
        }
        events: Iterator[Any] = pyromark.events_with_range(text, options=pyromark.Options.ENABLE_TABLES)
        for event, span in events:
            if event.__class__ is str:
                continue
            start = event.get("Start")
            if start is None:
                end = event.get("End")
                if end.__class__ is dict:
                    self._leave(end)
                continue
            name = start if start.__class__ is str else next(iter(start))
            if name in readers:
                yield from readers[name](start, span["start"], span["end"])
            elif name == "List":
                self._lists += 1
            elif name == "BlockQuote":
                self._quotes += 1

    def _leave(self, tag: Any) -> None:
        if "List" in tag:
            self._lists -= 1
        elif "BlockQuote" in tag:
            self._quotes -= 1

    def _place(self, offset: int) -> tuple[int, int]:
        """Line (from 1) and column (from 0, in characters) of a byte offset."""
        line = bisect_right(self._starts, offset)
        column = offset - self._starts[line - 1]
        if self._wide and column:
            column = len(self._lines[line - 1].encode()[:column].decode("utf-8", "ignore"))
        return line, column

    def _heading(self, tag: Any, start: int, end: int) -> Iterator[Block]:
        if self._quotes or self._lists:
            return
        line, column = self._place(start)
        raw = self._lines[line - 1]
        level = int(tag["Heading"]["level"][1])
        atx = _ATX.match(raw, column)
        if atx:
            text = _without_closing_marks(atx.group(2))
        else:
            last = bisect_right(self._starts, end - 1)
            if last != line + 1 or len(raw) > _SETEXT_LENGTH:
                yield Paragraph(line, "\n".join(self._lines[line - 1 : last - 1]), quoted=False)
                return  # running text over a rule, which CommonMark takes for a heading and its writer did not
            text = raw.strip()
        yield Heading(line, level, _without_comments(text[:_LONGEST_TEXT]).strip(), raw)

    def _item(self, _tag: Any, start: int, _end: int) -> Iterator[Block]:
        if self._quotes or self._lists > _DEEPEST:
            return
        line, column = self._place(start)
        raw = self._lines[line - 1]
        marker = _MARKER.match(raw, column)
        if marker is None:
            return
        box = _BOX.match(raw, marker.end())
        at = box.end() if box else marker.end()
        text = raw[at : at + _LONGEST_TEXT].rstrip() + self._continued(line)
        yield Item(line, self._lists - 1, marker.group(1) or "", (box.group(1) or " ") if box else "", text)
        if line < len(self._lines) and _SENTENCE.match(self._lines[line]):
            yield from self._lazy(line)

    def _continued(self, line: int) -> str:
        """The further lines of a hard-wrapped list item, with a space before each."""
        text = ""
        for further in self._lines[line : line + _CONTINUATION_LINES]:
            words = further.lstrip(" \t")
            if not words or words is further or words[0] in "-*+|#>`~<=_" or _MARKER.match(words):
                break
            text += " " + words.rstrip()
        return text

    def _lazy(self, line: int) -> Iterator[Block]:
        """A new sentence right below an item, not indented: part of it to CommonMark, a paragraph to its writer."""
        end = line
        for text in self._lines[line : line + _CONTINUATION_LINES]:
            if not _TEXT_LINE.match(text) or _MARKER.match(text):
                break
            end += 1
        yield Paragraph(line + 1, "\n".join(self._lines[line:end]), quoted=False)

    def _paragraph(self, _tag: Any, start: int, end: int) -> Iterator[Block]:
        if self._lists:
            return
        first = bisect_right(self._starts, start)
        last = bisect_right(self._starts, end - 1)
        pressed = _NO_SPACE.match(self._lines[first - 1]) if not self._quotes else None
        if pressed:  # `##Phase 1`: a heading to its writer, text to CommonMark
            yield Heading(first, len(pressed[1]), pressed[2].strip(), self._lines[first - 1])
            first += 1
        if first <= last:
            yield Paragraph(first, "\n".join(self._lines[first - 1 : last]), quoted=self._quotes > 0)

    def _table_head(self, _tag: Any, start: int, _end: int) -> Iterator[Block]:
        self._table = bisect_right(self._starts, start)
        return self._table_row(_tag, start, _end)

    def _table_row(self, _tag: Any, start: int, _end: int) -> Iterator[Block]:
        if not self._quotes:
            line = bisect_right(self._starts, start)
            yield Row(line, self._table, _cells(self._lines[line - 1]))

    def _code(self, tag: Any, start: int, end: int) -> Iterator[Block]:
        first, last = bisect_right(self._starts, start), bisect_right(self._starts, end - 1)
        lines = self._lines[first - 1 : last]
        if tag["CodeBlock"] != "Indented":
            closed = len(lines) > 1 and lines[-1].lstrip(" >\t")[:3] in ("```", "~~~")
            info = _FENCE.search(lines[0])
            yield Fence(first, info[1].strip() if info else "", "\n".join(lines[1:-1] if closed else lines[1:]))
            return
        for line, raw in enumerate(lines, start=first):
            boxed = _INDENTED_BOX.match(raw)
            if boxed:  # a task indented too far is a task to its writer, though code to CommonMark
                yield Item(line, 1, "", raw[boxed.end() - 3], raw[boxed.end() :].strip())


def _without_closing_marks(text: str) -> str:
    text = text.rstrip()
    bare = text.rstrip("#")
    return bare.rstrip() if bare != text and (not bare or bare[-1] in " \t") else text


def _without_comments(text: str) -> str:
    """Comments inside a line, cut out by hand: a pattern would look for the end of each anew."""
    kept = ""
    while True:
        before, opened, rest = text.partition("<!--")
        _, closed, after = rest.partition("-->")
        kept += before
        if not opened or not closed:
            return kept + opened + rest
        text = after


def _cells(line: str) -> tuple[str, ...]:
    row = line.strip().removeprefix("|").removesuffix("|").replace("\\|", "\0")
    return tuple(cell.strip().replace("\0", "|") for cell in row.split("|"))


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
