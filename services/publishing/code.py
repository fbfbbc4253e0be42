"""Code in Markdown: which parts of a text GitHub shows as they are, and whether a text leaves a code block open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyromark
from pyromark import Options

_OPTIONS = Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_FOOTNOTES | Options.ENABLE_TASKLISTS
_PROBE = "Qend7Z"
_OPENING = re.compile(r"[ \t]*(`{3,}|~{3,})")


class Part(NamedTuple):
    """A stretch of a text. In code nothing is live: no mention, no reference, no HTML."""

    text: str
    is_code: bool


def parts(text: str) -> Iterator[Part]:
    """The text, cut where code begins and ends. Joined again it is the same."""
    raw, at = text.encode("utf-8"), 0
    for start, end in _code_ranges(text):
        if start > at:
            yield Part(_text(raw[at:start]), is_code=False)
        yield Part(_text(raw[start:end]), is_code=True)
        at = end
    if at < len(raw):
        yield Part(_text(raw[at:]), is_code=False)


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
    opening = _OPENING.match(_text(raw[block["start"] :]))
    return opening[1] if opening else ""


def _code_ranges(text: str) -> Iterator[tuple[int, int]]:
    """Byte ranges of code spans and of the lines of code blocks, in order; fences and quote marks stay outside."""
    in_block = False
    for event, span in _events(text):
        if "Code" in event or ("Text" in event and in_block):
            yield span["start"], span["end"]
        elif _name(event) == "CodeBlock":
            in_block = "Start" in event


def _events(text: str) -> Iterator[tuple[Any, Any]]:
    for event, span in pyromark.events_with_range(text, options=_OPTIONS):
        if isinstance(event, dict):
            yield event, span


def _name(event: Any) -> str:
    tag = event.get("Start") or event.get("End") or ""
    return tag if isinstance(tag, str) else next(iter(tag))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8")
