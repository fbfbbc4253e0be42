"""Code and HTML in Markdown: which parts of a text GitHub shows as they are, and whether a text leaves a code block open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, NamedTuple

import pyromark
from pyromark import Options

_OPTIONS = Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_FOOTNOTES | Options.ENABLE_TASKLISTS
_PROBE = "Qend7Z"
_OPENING = re.compile(r"[ \t]*(`{3,}|~{3,})")


class Kind(Enum):
    """What a stretch of a text is. In code nothing is live: no mention, no reference, no HTML."""

    TEXT = auto()
    CODE = auto()
    HTML = auto()


class Part(NamedTuple):
    """A stretch of a text."""

    text: str
    kind: Kind


def parts(text: str) -> Iterator[Part]:
    """The text, cut where code and HTML begin and end. Joined again it is the same."""
    raw, at = text.encode(), 0
    for start, end, kind in _joined(_ranges(text, raw)):
        if start > at:
            yield Part(raw[at:start].decode(), Kind.TEXT)
        yield Part(raw[start:end].decode(), kind)
        at = end
    if at < len(raw):
        yield Part(raw[at:].decode(), Kind.TEXT)


def closing_fence(text: str) -> str:
    """What must follow for the next paragraph not to be code: the fence of a block left open, or nothing."""
    probed = f"{text}\n\n{_PROBE}"
    raw, block = probed.encode("utf-8"), None
    for event, span in _events(probed):
        name = _name(event)
        if name == "CodeBlock" and "Start" in event:
            block = span
    if block is None or block["end"] < len(raw):
        return ""
    opening = _OPENING.match(raw[block["start"] :].decode())
    return opening[1] if opening else ""


_Range = tuple[int, int, Kind]


def _ranges(text: str, raw: bytes) -> Iterator[_Range]:
    """Byte ranges, in order: code spans, the lines of code blocks with the opening one, and HTML. Quote marks stay outside."""
    in_block = False
    for event, span in _events(text):
        if "Code" in event or ("Text" in event and in_block):
            yield span["start"], span["end"], Kind.CODE
        elif "Html" in event or "InlineHtml" in event:
            yield span["start"], span["end"], Kind.HTML
        elif _name(event) == "CodeBlock":
            in_block = "Start" in event
            if in_block and event["Start"]["CodeBlock"] != "Indented":
                yield span["start"], _line_end(raw, span["start"]), Kind.CODE


def _line_end(raw: bytes, at: int) -> int:
    end = raw.find(b"\n", at)
    return len(raw) if end < 0 else end


def _joined(ranges: Iterator[_Range]) -> Iterator[_Range]:
    """HTML comes line by line, and a tag may be spread over several."""
    held: _Range | None = None
    for found in ranges:
        if held and held[2] is found[2] and held[1] == found[0]:
            held = (held[0], found[1], held[2])
            continue
        if held:
            yield held
        held = found
    if held:
        yield held


def _events(text: str) -> Iterator[tuple[Any, Any]]:
    for event, span in pyromark.events_with_range(text, options=_OPTIONS):
        if isinstance(event, dict):
            yield event, span


def _name(event: Any) -> str:
    tag = event.get("Start") or event.get("End") or ""
    return tag if isinstance(tag, str) else next(iter(tag))
