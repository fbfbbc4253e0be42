"""Markdown: a text read into its outline, block by block.

The only module that knows the Markdown library. What stands in a code block, a quote, an HTML comment or the front
matter is no heading and no task here, because CommonMark says so and not because a pattern guessed it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pyromark

from services.planning.outline import Block, Fence, Heading, Item, Outline, Paragraph, Row
from services.planning.painting import painted

_FRONT_MATTER_LINES = 500
_SETEXT_LENGTH = 100
_LONGEST_TEXT = 4000
_DEEPEST = 20
_CONTINUATION_LINES = 20
_MARKER = re.compile(r"[ \t]*(?:[-*+]|(\d{1,9})[.)])(?:[ \t]+|$)")
_BOX = r"(?P<box>\\?\[ ?([ xX~/>!?✓✔✅☑–—-]?) ?\\?\](?:\*?(?:[ \t]+|$)|(?=\w)|:[ \t]))"
_ITEM = re.compile(f"{_MARKER.pattern}{_BOX}?")
_NO_SPACE = re.compile(r"(#{2,6})([^\W_].{0,200})\Z")
_INDENTED_BOX = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX-]\][ \t]")
_SENTENCE = re.compile(r"(?:\*\*|__|[*_])?(?![\s\d_])\w(?<![a-z])")
_TEXT_LINE = re.compile(r"(?:[*_]{1,2})?[^\W_]")
_FENCE = re.compile(r"(?:```|~~~)[`~]*([^`]*)\Z")
_ATX = re.compile(r"(#{1,6})[ \t]*(.*)")


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
    blocks = tuple(_Reader(lines, data).blocks(prepared(data)))
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

    def __init__(self, lines: Sequence[str], data: bytes) -> None:
        self._lines = lines
        self._data = data
        self._blocks: list[Block] = []
        self._add = self._blocks.append
        self._lists = 0
        self._quotes = 0
        self._table = 0

    def blocks(self, text: str) -> list[Block]:
        """Walk the events of the text once."""
        readers: dict[str, Callable[[Any, int, int, int], None]] = {
            "Heading": self._heading,
            "Item": self._item,
            "Paragraph": self._paragraph,
            "TableHead": self._table_head,
            "TableRow": self._table_row,
            "CodeBlock": self._code,
        }
        line, at = 1, 0
        events: Any = pyromark.events_with_range(text, options=pyromark.Options.ENABLE_TABLES)
        for event, span in events:
            if "Start" in event:
                tag = event["Start"]
                name = tag if tag.__class__ is str else next(iter(tag))
                if name in readers:
                    start = span["start"]
                    line += self._data.count(b"\n", at, start)  # blocks come in the order of their beginnings
                    at = start
                    readers[name](tag, line, start, span["end"])
                elif name == "List":
                    self._lists += 1
                elif name == "BlockQuote":
                    self._quotes += 1
            elif "End" in event:
                self._leave(event["End"])
        return self._blocks

    def _leave(self, tag: Any) -> None:
        if "List" in tag:
            self._lists -= 1
        elif "BlockQuote" in tag:
            self._quotes -= 1

    def _column(self, line: int, offset: int) -> int:
        """The column (from 0, in characters) of a byte offset on this line."""
        column = offset - self._data.rfind(b"\n", 0, offset) - 1
        if column and not (raw := self._lines[line - 1]).isascii():
            return len(raw[:column].encode()[:column].decode("utf-8", "ignore"))
        return column

    def _last_line(self, line: int, start: int, end: int) -> int:
        """The line on which a block ends that begins on `line`."""
        return line + self._data.count(b"\n", start, end - 1)

    def _heading(self, tag: Any, line: int, start: int, end: int) -> None:
        if self._quotes or self._lists:
            return
        raw = self._lines[line - 1]
        level = int(tag["Heading"]["level"][1])
        atx = _ATX.match(raw, self._column(line, start))
        if atx:
            text = _without_closing_marks(atx.group(2))
        else:
            last = self._last_line(line, start, end)
            if last != line + 1 or len(raw) > _SETEXT_LENGTH:
                self._add(Paragraph(line, "\n".join(self._lines[line - 1 : last - 1]), quoted=False))
                return  # running text over a rule, which CommonMark takes for a heading and its writer did not
            text = raw.strip()
        self._add(Heading(line, level, _without_comments(text[:_LONGEST_TEXT]).strip(), raw))

    def _item(self, _tag: Any, line: int, start: int, _end: int) -> None:
        if self._quotes or self._lists > _DEEPEST:
            return
        raw = self._lines[line - 1]
        item = _ITEM.match(raw, self._column(line, start))
        if item is None:
            return
        number, box, state = item.groups()
        at = item.end()
        text = raw[at : at + _LONGEST_TEXT].rstrip()
        following = self._lines[line] if line < len(self._lines) else ""
        if following.startswith((" ", "\t")):
            text += self._continued(line)
        self._add(Item(line, self._lists - 1, number or "", (state or " ") if box else "", text))
        if _SENTENCE.match(following):
            self._lazy(line)

    def _continued(self, line: int) -> str:
        """The further lines of a hard-wrapped list item, with a space before each."""
        text = ""
        for further in self._lines[line : line + _CONTINUATION_LINES]:
            words = further.lstrip(" \t")
            if not words or words is further or words[0] in "-*+|#>`~<=_" or _MARKER.match(words):
                break
            text += " " + words.rstrip()
        return text

    def _lazy(self, line: int) -> None:
        """A new sentence right below an item, not indented: part of it to CommonMark, a paragraph to its writer."""
        end = line
        for text in self._lines[line : line + _CONTINUATION_LINES]:
            if not _TEXT_LINE.match(text) or _MARKER.match(text):
                break
            end += 1
        self._add(Paragraph(line + 1, "\n".join(self._lines[line:end]), quoted=False))

    def _paragraph(self, _tag: Any, first: int, start: int, end: int) -> None:
        if self._lists:
            return
        last = self._last_line(first, start, end)
        pressed = _NO_SPACE.match(self._lines[first - 1]) if not self._quotes else None
        if pressed:  # `##Phase 1`: a heading to its writer, text to CommonMark
            self._add(Heading(first, len(pressed[1]), pressed[2].strip(), self._lines[first - 1]))
            first += 1
        if first <= last:
            self._add(Paragraph(first, "\n".join(self._lines[first - 1 : last]), quoted=self._quotes > 0))

    def _table_head(self, _tag: Any, line: int, _start: int, _end: int) -> None:
        self._table = line
        self._table_row(_tag, line, _start, _end)

    def _table_row(self, _tag: Any, line: int, _start: int, _end: int) -> None:
        if not self._quotes:
            self._add(Row(line, self._table, _cells(self._lines[line - 1])))

    def _code(self, tag: Any, first: int, start: int, end: int) -> None:
        lines = self._lines[first - 1 : self._last_line(first, start, end)]
        if tag["CodeBlock"] != "Indented":
            closed = len(lines) > 1 and lines[-1].lstrip(" >\t")[:3] in ("```", "~~~")
            info = _FENCE.search(lines[0])
            text = "\n".join(lines[1:-1] if closed else lines[1:])
            self._add(Fence(first, info[1].strip() if info else "", text))
            return
        for line, raw in enumerate(lines, start=first):
            boxed = _INDENTED_BOX.match(raw)
            if boxed:  # a task indented too far is a task to its writer, though code to CommonMark
                self._add(Item(line, 1, "", raw[boxed.end() - 3], raw[boxed.end() :].strip()))


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
    row = line.strip().removeprefix("|").removesuffix("|")
    if "\\|" not in row:
        return tuple(map(str.strip, row.split("|")))
    return tuple(cell.strip().replace("\0", "|") for cell in row.replace("\\|", "\0").split("|"))
