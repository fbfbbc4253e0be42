"""Logs over HTTP: part of a file that is still being written, from a byte on or its end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import Query

from bot.web.api.shapes import LogPart

TAIL = 64 * 1024
_MOST = 1024 * 1024

Offset = Annotated[
    int | None, Query(ge=0, le=2**53, description="From this byte on, to follow it; without it: the end")
]
Size = Annotated[int, Query(ge=1, le=_MOST, description="How many bytes at most")]


def part_of(path: Path, offset: int | None, size: int, *, is_live: bool) -> LogPart:
    """`is_live`: more may be written. What was never written is empty."""
    try:
        with path.open("rb") as file:
            whole = file.seek(0, 2)
            start = min(whole, max(0, whole - size) if offset is None else offset)
            file.seek(start)
            content = file.read(size)
    except FileNotFoundError:
        return LogPart(text="", start=0, next=0, size=0, is_over=not is_live)
    end = start + len(content)
    text = content.decode("utf-8", "replace")
    return LogPart(text=text, start=start, next=end, size=whole, is_over=not is_live and end >= whole)
