"""Windows as people write them: `mon-fri 09:00-17:00 Europe/Berlin`, `sat,sun`, `22:00-06:00`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.domain.windows import Window

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"(?:{'|'.join(_DAYS)})"
_HOURS = r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})"
_WHOLE = re.compile(
    rf"(?:(?P<days>{_DAY}(?:-{_DAY})?(?:,\s*{_DAY}(?:-{_DAY})?)*)(?:\s+|$))?(?P<hours>{_HOURS})?\s*(?P<zone>[A-Za-z][\w+/-]*)?",
    re.IGNORECASE,
)


def windows(written: object) -> tuple[Window, ...]:
    """One or several. Raises PydanticCustomError `bad_window`."""
    match written:
        case str():
            return (_window(written),)
        case list() if written and all(isinstance(one, str) for one in written):
            return tuple(map(_window, written))
    raise PydanticCustomError("bad_window", "has to be windows such as `mon-fri 09:00-17:00 Europe/Berlin`")


def _window(text: str) -> Window:
    found = _WHOLE.fullmatch(text.strip())
    if found is None or not (found["days"] or found["hours"]):
        raise PydanticCustomError("bad_window", "has to be a window such as `mon-fri 09:00-17:00 Europe/Berlin`")
    opens, closes = _hours(found)
    days = tuple(sorted(set(_days(found["days"])))) if found["days"] else tuple(range(7))
    return Window(days, opens, closes, _zone(found["zone"] or "UTC"))


def _hours(found: re.Match[str]) -> tuple[time, time]:
    if not found["hours"]:
        return time(), time()
    hour, minute, until, past = (int(one) for one in re.findall(r"\d+", found["hours"]))
    try:
        return time(hour, minute), time(until % 24, past)
    except ValueError:
        raise PydanticCustomError("bad_window", "has an hour that no clock shows") from None


def _days(text: str) -> Iterator[int]:
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        yield from (day % 7 for day in range(start, end + 1 if end >= start else end + 8))


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        from services.planning.policy.problems import did_you_mean

        hint = did_you_mean(name, available_timezones())
        why = f"knows no time zone `{name}`. {hint}".rstrip(". ")
        raise PydanticCustomError("bad_window", "{why}", {"why": why}) from None


_schema: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
    "description": "When it may start: `mon-fri 09:00-17:00 Europe/Berlin`, one or several; UTC without a zone.",
}
Windows = Annotated[tuple[Window, ...], BeforeValidator(windows), WithJsonSchema(_schema)]
