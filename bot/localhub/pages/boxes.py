"""Boxes: the task-list items of a text, as a person ticks them on a page."""

from __future__ import annotations

from typing import Any

import pyromark
from pyromark import Options

from bot.localhub.problems import not_found


def count(text: str) -> int:
    return len(_places(text))


def toggled(text: str, number: int) -> str:
    """The text with the box of this number, from 0 in the order of the text, ticked or open again."""
    places = _places(text)
    if not 0 <= number < len(places):
        raise not_found()
    at, raw = places[number] + 1, text.encode()
    mark = b"x" if raw[at : at + 1] == b" " else b" "
    return (raw[:at] + mark + raw[at + 1 :]).decode()


def _places(text: str) -> list[int]:
    """Where the brackets of each box begin, in bytes."""
    events: Any = pyromark.events_with_range(text, options=Options.ENABLE_TASKLISTS)
    return [span["start"] for event, span in events if isinstance(event, dict) and "TaskListMarker" in event]
