"""Durations as people write them: `90s`, `30m`, `2h`, `1h30m`, or a number of seconds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PART = r"\d+(?:\.\d+)?(?:ms|s|m|h|d)"
_WHOLE = re.compile(rf"{_PART}(?:\s*{_PART})*")
_PARTS = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_LONGEST = timedelta(days=365)


def duration(written: object) -> timedelta:
    """Raises PydanticCustomError `bad_duration`."""
    found = _exact(written)
    if found is None or not timedelta(0) <= found <= _LONGEST:
        raise PydanticCustomError("bad_duration", "has to be a duration such as 90s, 30m or 2h (at most 365d)")
    return found


def _exact(written: object) -> timedelta | None:
    match written:
        case timedelta():
            return written
        case bool():
            return None
        case int() | float() if abs(written) <= _LONGEST.total_seconds():
            return timedelta(seconds=written)
        case str() if len(written) < 40 and _WHOLE.fullmatch(written.strip()):
            parts = _PARTS.findall(written)
            return sum((_part(amount, unit) for amount, unit in parts), timedelta(0))
    return None


def _part(amount: str, unit: str) -> timedelta:
    count = min(float(amount), 1e9)  # more than any limit, less than what overflows
    return timedelta(**{_UNITS[unit]: count})


_schema: dict[str, Any] = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": rf"^{_PART}(\s*{_PART})*$"}],
    "description": "A duration: 90s, 30m, 2h, 1h30m, or a number of seconds.",
}
Duration = Annotated[timedelta, BeforeValidator(duration), WithJsonSchema(_schema)]
