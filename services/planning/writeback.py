"""Write-back: the progress of a plan, ticked in its document by the smallest edits there are. Every other byte stays."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from services.planning.draft import PhaseDraft, PlanDraft
from services.planning.markdown import read_outline
from services.planning.outline import Heading, Item, Outline

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_EMPTY_BOX = re.compile(r"\[ ?(?=\])")
_DONE_SIGN = re.compile("[✅✔☑🏁]\ufe0f?")
_PENDING_SIGN = re.compile("[⏳⌛🚧🔄🔜⬜☐🔲🟡⚪📋🏗]\ufe0f?")


@dataclass(frozen=True, slots=True)
class Tick:
    """One line that says more progress than before; `line` counts from 1."""

    line: int
    before: str
    after: str


def ticks(text: str, draft: PlanDraft, finished: Collection[str]) -> tuple[Tick, ...]:
    """What there is to tick in the document for the phases with the keys `finished`; `draft` must have been read from it.

    All their empty boxes, and the status sign of a heading, where this document's headings have such signs.
    """
    outline, lines = read_outline(text), _LINE.findall(text)
    done = [phase for phase in draft.phases if phase.key in finished]
    wanted = {line: lines[line - 1] for line in _boxes(outline, done)} | dict(_signed(outline, lines, draft, done))
    found = ((line, _EMPTY_BOX.sub("[x", wanted[line], count=1)) for line in sorted(wanted))
    return tuple(Tick(line, lines[line - 1], after) for line, after in found if after != lines[line - 1])


def written_back(text: str, made: Sequence[Tick]) -> str:
    """The document with these lines in place of the old ones."""
    lines = _LINE.findall(text)
    for tick in made:
        lines[tick.line - 1] = tick.after
    return "".join(lines)


def _boxes(outline: Outline, done: Sequence[PhaseDraft]) -> Iterator[int]:
    """The lines of real checkboxes, not of what looks like one in a code block."""
    lines = {block.line for block in outline.blocks if isinstance(block, Item) and block.box}
    return (line for phase in done for line in range(phase.line, phase.end_line + 1) if line in lines)


def _signed(
    outline: Outline, lines: Sequence[str], draft: PlanDraft, done: Sequence[PhaseDraft]
) -> Iterator[tuple[int, str]]:
    """The headings of finished phases with their sign, or box, brought up to date."""
    headings = {block.line for block in outline.blocks if isinstance(block, Heading)}
    signs = [
        found[0] for one in draft.phases if one.line in headings and (found := _DONE_SIGN.search(lines[one.line - 1]))
    ]
    for phase in done:
        if phase.line in headings:
            raw = lines[phase.line - 1]
            yield phase.line, raw if _DONE_SIGN.search(raw) else _with_sign(raw, signs)


def _with_sign(heading: str, signs: Sequence[str]) -> str:
    """A sign that says otherwise is replaced; where others are signed at their end, so is this one."""
    sign = signs[0] if signs else "✅"
    if _PENDING_SIGN.search(heading):
        return _PENDING_SIGN.sub(sign, heading, count=1)
    bare = heading.rstrip()
    if signs and not _EMPTY_BOX.search(heading) and not bare.endswith(("#", "*", "_", ")", "]")):
        return f"{bare} {sign}{heading[len(bare) :]}"
    return heading
