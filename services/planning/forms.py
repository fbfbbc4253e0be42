"""Forms: the body of an issue form, in which GitHub renders each field as `### Label`, a blank line and the answer.

https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from services.planning.outline import Block, Heading, Item, Outline, Paragraph
from services.planning.plain import plain
from services.planning.reading import Unit

NO_RESPONSE = "_No response_"
_LEVEL = 3
_FIELD = "### "
_FIRST_FIELDS = 12
_TITLE = re.compile(r"(?:plan(?:'s)? |the )?(?:title|name)\Z", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:additional|anything else|further|other)\b|(?:notes?|links?|references?|context|contact|priority|environment|versions?|"
    r"attachments?|screenshots?|labels?|assignees?|deadline|due date|code of conduct|confirmation|before submitting|terms)\Z",
    re.IGNORECASE,
)
"""What people ask for besides the plan."""


def title_field(outline: Outline) -> str:
    """The answer under `### Title`, where the document is the body of an issue form."""
    for heading, answer in pairwise(outline.blocks[:_FIRST_FIELDS]):
        if isinstance(heading, Heading) and isinstance(answer, Paragraph) and _TITLE.match(heading.text):
            return "" if answer.text.strip() == NO_RESPONSE else plain(answer.text.replace("\n", " "))
    return ""


def answered(text: str) -> str:
    """The text without the fields that were left empty: neither their label nor what stands for the answer."""
    if NO_RESPONSE not in text:
        return text
    kept: list[str] = []
    for line in text.split("\n"):
        if line.strip() != NO_RESPONSE:
            kept.append(line)
            continue
        while kept and (not kept[-1].strip() or kept[-1].startswith(_FIELD)):
            kept.pop()
    return "\n".join(kept).strip("\n")


def without_fields(outline: Outline, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The last unit ends where a further field of the form begins, though its label looks like a heading of the unit."""
    if not units or not _is_form(outline.blocks):
        return tuple(units)
    *before, last = units
    field = _first_field(outline.blocks, before, last)
    if field is None:
        return tuple(units)
    return (*before, replace(last, last=field, end_line=outline.blocks[field].line - 1))


def _is_form(blocks: Sequence[Block]) -> bool:
    """It opens with a label, above which no heading stands; a document that people write opens with its highest heading."""
    first = blocks[0] if blocks else None
    return (
        isinstance(first, Heading)
        and first.raw.startswith(_FIELD)
        and any(isinstance(block, Heading) and block.level < _LEVEL for block in blocks)
    )


def _first_field(blocks: Sequence[Block], before: Sequence[Unit], last: Unit) -> int | None:
    """Labels and sub-headings look alike. Where no other unit has any, they are labels; else those that forms often have."""
    plain_units = bool(before) and not any(_labels(blocks, unit) for unit in before)
    field = None
    for index in reversed(_labels(blocks, last)):
        heading = blocks[index]
        assert isinstance(heading, Heading)
        tasks = any(isinstance(block, Item) and block.box for block in blocks[index + 1 : field or last.last])
        if not _LABEL.match(plain(heading.text)) and not (plain_units and not tasks):
            break
        field = index
    return field


def _labels(blocks: Sequence[Block], unit: Unit) -> list[int]:
    return [
        index
        for index in range(unit.first, unit.last)
        if isinstance(block := blocks[index], Heading) and block.level == _LEVEL
    ]
