"""Kiro `tasks.md`, and every plan that is one nested list: each top-level checkbox is a unit, those below it its tasks."""

from __future__ import annotations

import re

from services.planning.outline import Heading, Item
from services.planning.reading import NOT_MINE, Document, Reading, Unit
from services.planning.status import split_status

_NUMBERED = re.compile(r"(?:\*\*)?(?:Task\s+)?(?P<number>\d{1,3})[.):]\s+(?:\*\*)?(?P<title>\S.*)\Z", re.DOTALL)
_FEWEST = 2


def read(document: Document) -> Reading:
    """Sure of itself when the top level is numbered and there are tasks below it."""
    tops = [
        (index, block)
        for index in document.outline.boxes
        if isinstance(block := document.outline.blocks[index], Item) and block.depth == 0
    ]
    numbered = [(index, item, match) for index, item in tops if (match := _NUMBERED.match(item.text))]
    if len(numbered) < _FEWEST or len(numbered) * 2 <= len(tops):
        return NOT_MINE
    nested = document.boxes - len(tops)
    units = tuple(_unit(document, index, match["number"], match["title"], item) for index, item, match in numbered)
    return Reading("kiro", 0.9 if nested else 0.55, units)


def _unit(document: Document, index: int, number: str, title: str, item: Item) -> Unit:
    blocks = document.outline.blocks
    last = next(
        (
            later
            for later in range(index + 1, len(blocks))
            if isinstance(block := blocks[later], Heading) or (isinstance(block, Item) and block.depth == 0)
        ),
        len(blocks),
    )
    end_line = blocks[last].line - 1 if last < len(blocks) else len(document.outline.lines)
    name, done, _ = split_status(title.replace("**", "").strip())
    return Unit(number, name, "task", item.line, end_line, index + 1, last, done=done or item.done)
