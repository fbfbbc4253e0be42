"""Boxes: the task-list items of our own comments. Ticking one orders the command that it shows as code."""

from __future__ import annotations

import re

from services.commands.parser import Command, read

_BOX = re.compile(r"^[ \t]*[-*+][ \t]+\[(?P<mark>[ xX])\][ \t]+`/phase (?P<words>[^`\n]+)`", re.MULTILINE)


def ticked(written: str, now: str, before: str | None = None) -> list[Command]:
    """The commands of the boxes that somebody has ticked: open as we wrote them, ticked now, and not already ticked before.

    `written` is the comment as we last wrote it, which alone says what a box means; `before` what it was until this edit.
    The boxes are told apart by their place. A comment whose boxes are no longer those that we wrote orders nothing.
    """
    ours, theirs = _boxes(written), _boxes(now)
    if [words for _, words in ours] != [words for _, words in theirs]:
        return []
    old = _boxes(before) if before is not None else ours
    was = [mark for mark, _ in old] if len(old) == len(ours) else [mark for mark, _ in ours]
    fresh = zip(ours, theirs, was, strict=True)
    return [read(words) for (mark, words), (tick, _), earlier in fresh if tick and not mark and not earlier]


def _boxes(body: str) -> list[tuple[bool, str]]:
    return [(one["mark"] != " ", one["words"]) for one in _BOX.finditer(body)]
