"""Sizes as people write them: `512MB`, `2GB`, `64kB`, or a number of bytes."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

_UNITS = {"": 1, "k": 1000, "ki": 1024, "m": 1000**2, "mi": 1024**2, "g": 1000**3, "gi": 1024**3}
_SIZE = re.compile(r"(\d+)\s*([kmg]i?)?b?", re.IGNORECASE)


def size(written: object) -> object:
    """In bytes. Raises ValueError for a text that is no size."""
    if not isinstance(written, str):
        return written
    found = _SIZE.fullmatch(written.strip())
    if found is None:
        raise ValueError("has to be a size such as 512MB or 2GB")
    return int(found[1]) * _UNITS[(found[2] or "").lower()]


Size = Annotated[
    int,
    BeforeValidator(size),
    Field(ge=1),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\d+\s*[kKmMgG]?i?[bB]?$"}]}
    ),
]
