"""Painting: a copy of a document for the Markdown library in which the marks inside lines are painted over.

Nothing here asks for emphasis, code spans and links, and they are most of what the library reports. Every byte keeps its
place, and so does every block: what might be a rule, a fence or the definition of a link is left alone.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PAINT = b"x"
_FENCE = b"```"
_SPAN_OF_THREE = re.compile(rb"```[^`\n]*`")
"""Three ticks and a further one on the same line: a code span, or a longer fence."""
_BEFORE_A_DEFINITION = b" \t>*+-.)0123456789"


def painted(data: bytes) -> str:
    """The text to hand to the library: of the same length in bytes, and with the same blocks in the same places."""
    marks = b"&"
    if not _defines_a_link(data):
        marks += b"[]"
    if b"___" not in data and b"_ _" not in data:
        marks += b"_"
    if b"***" not in data:
        data = data.replace(b"**", _PAINT * 2)
    if not _SPAN_OF_THREE.search(data):
        marks += b"`"
    table = _table(marks)
    return _FENCE.join([between.translate(table) for between in data.split(_FENCE)]).decode("ascii")


@lru_cache(maxsize=32)
def _table(marks: bytes) -> bytes:
    """Paint for these marks and for all letters that are not ASCII, which mean nothing to the structure either."""
    return bytes(_PAINT[0] if byte in marks or byte > 0x7F else byte for byte in range(256))


def _defines_a_link(data: bytes) -> bool:
    """True if a line may be `[name]: address`, which is no paragraph."""
    at = data.find(b"]:")
    while at >= 0:
        opening = data[data.rfind(b"\n", 0, at) + 1 : at].lstrip(_BEFORE_A_DEFINITION)
        if opening[:1] == b"[" and b"]" not in opening:
            return True
        line_end = data.find(b"\n", at)
        at = data.find(b"]:", line_end) if line_end >= 0 else -1
    return False
