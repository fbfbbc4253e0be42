"""Phases named in a list, in bold lines or in a table, where no heading does: `- **Phase 3:** Queue`, `First milestone: …`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.planning.marks import Mark, kind_of, read_mark, read_unit
from services.planning.outline import Block, Item, Outline, Paragraph, Row
from services.planning.places import COLUMN
from services.planning.plain import plain
from services.planning.reading import NOT_MINE, Document, Reading, item_units
from services.planning.words import PLAN, PLANNED

_KINDS = frozenset({"phase", "milestone", "stage", "sprint", "iteration", "wave", "work package", "week"})
_FEWEST = 2
_LONGEST_BOLD = 120
_BOLD = ("**", "__")
_BOLD_UNIT = re.compile(
    r"(?:\*\*|__)(?P<bold>[^*\n]{3,100}?)(?:(?:\*\*|__)(?P<rest>\s*(?:\Z|[:：—–-].*|[(（].*))"
    r"|[.:：](?:\*\*|__)(?P<sentence>\s+\S.*))\s*\Z",
    re.DOTALL,
)
"""A line that opens in bold: to its end, or followed by a title, an aside, or a sentence if the bold words end in a sign."""
_BOLD_START = re.compile(r"\*\*([^*\n]{3,100})\*\*")
_SENTENCE_END = re.compile(r"[.;](?:\s|\Z)")
Found = tuple[int, str, str, bool, str]


def read(document: Document) -> Reading:
    """The lines that open with a firm mark, if several of one kind do, each number once."""
    for finder, confidence in ((_bold_lines, 0.61), (_items, 0.61), (_rows, 0.5)):
        found = _of_one_kind(list(finder(document)))
        if len(found) >= _FEWEST and _is_planned(document, found):
            return Reading("listed-phases", confidence, item_units(document, found))
    return NOT_MINE


def _is_planned(document: Document, found: list[Found]) -> bool:
    """True if the document is a plan, says so right above, speaks of work, or consists of hardly anything else."""
    if document.calls_itself(PLAN) or document.boxes or any(done for _, _, _, done, _ in found):
        return True
    outline = document.outline
    first, last = outline.blocks[found[0][0]], outline.blocks[found[-1][0]]
    if isinstance(first, Row) and _has_needs(outline, first):
        return True
    above = next(outline.around(first.line), None)
    if above and PLAN.search(above.heading.text):
        return True
    return (last.line - first.line + 1) * 2 > len(outline.lines) or bool(
        PLANNED.search(outline.text(first.line, last.line))
    )


def _has_needs(outline: Outline, row: Row) -> bool:
    """True if a column of its table says what each row needs."""
    heads = (block for block in outline.blocks if isinstance(block, Row) and block.line == row.table)
    return any(COLUMN.search(cell) for head in heads for cell in head.cells)


def _of_one_kind(found: list[Found]) -> list[Found]:
    kinds = [kind for *_, kind in found]
    best = max(set(kinds), key=kinds.count, default="")
    first: dict[str, Found] = {}
    for one in found:
        if one[4] == best:
            first.setdefault(one[1].upper(), one)
    return list(first.values())


def _found(index: int, mark: Mark | None, *, done: bool = False) -> Iterator[Found]:
    if mark and mark.kind in _KINDS and not mark.loose and not mark.section:
        yield index, mark.number, mark.title, mark.done or done, mark.kind


def _items(document: Document) -> Iterator[Found]:
    for index, block in enumerate(document.outline.blocks):
        if isinstance(block, Item) and block.depth == 0:
            yield from _found(index, read_unit(_lead(block.text)), done=block.done)


def _lead(text: str) -> str:
    """The words that name the unit: up to the end of the emphasis or the sentence, not the explanation after it."""
    bold = _BOLD_START.match(text)
    if bold and (named := read_unit(bold[1])) and named.title.casefold() != plain(bold[1]).strip(" .:：").casefold():
        return bold[1]
    words = plain(text)
    for separator in (" — ", ". ", " – completed", ", which"):
        head, found, _ = words.partition(separator)
        if found and (":" in head or "：" in head):
            return head
    return words


def _bold_lines(document: Document) -> Iterator[Found]:
    for index, block in enumerate(document.outline.blocks):
        if isinstance(block, Paragraph) and not block.quoted and _is_bold(block):
            bold = _BOLD_UNIT.match(block.text.lstrip().partition("\n")[0])
            yield from _found(index, read_unit(_bold_lead(bold))) if bold else ()


def _is_bold(block: Paragraph) -> bool:
    return len(block.text.partition("\n")[0]) <= _LONGEST_BOLD and block.text.lstrip()[:2] in _BOLD


def _bold_lead(bold: re.Match[str]) -> str:
    """The words in bold, and the title behind them where the bold ones are only a number: `**Phase 1**: Setup`."""
    words, rest = bold["bold"].strip(" .:：—–-"), (bold["rest"] or "").strip()
    sentence = _SENTENCE_END.split(bold["sentence"] or "", maxsplit=1)[0].strip()
    named = read_unit(words)
    if named and named.title.casefold() == plain(words).casefold() and (sentence or rest[:1] in ":：—–-"):
        return f"{words}: {sentence or rest.lstrip(' :：—–-')}"
    return words


def _rows(document: Document) -> Iterator[Found]:
    """Rows whose first cell is a whole mark, or a number under a head that is a word for phase; a title is required."""
    word = ""
    for index, block in enumerate(document.outline.blocks):
        if not isinstance(block, Row):
            continue
        if block.is_head:
            word = plain(block.cells[0])
            continue
        yield from _found(index, _row_mark(block, word), done=_is_ticked(block))


def _row_mark(row: Row, word: str) -> Mark | None:
    first = plain(row.cells[0])
    title = plain(row.cells[1]) if len(row.cells) > 1 else ""
    if len(title) < 2 or title[0].isdigit():
        return None
    mark = read_mark(first)
    if first and (not mark.kind or (mark.kind not in _KINDS and kind_of(word) in _KINDS)):
        mark = read_mark(f"{word} {first}")
    if mark.loose and mark.kind == kind_of(word):  # `M1 Foundations` in a column of milestones
        mark = mark._replace(loose=False)
    own = mark.kind and mark.title.casefold() not in (first.casefold(), f"{word} {first}".casefold())
    return mark if own else mark._replace(title=title)


def _is_ticked(block: Block) -> bool:
    return isinstance(block, Row) and any(cell[:1] in ("✅", "✔", "☑") for cell in block.cells[2:])
