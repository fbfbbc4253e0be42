"""Paging: a list goes on where its page before ended, by a cursor that means nothing to those who hand it back."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import Query

from bot.web.failures import Problem

Cursor = Annotated[
    str | None, Query(max_length=400, description="`next` of the page before; without it: the first page")
]

Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most")]

Next = str | None
"""What leads to the next page; null after the last one."""

Row = TypeVar("Row")

_LARGEST = 2**63 - 1


def after(cursor: Cursor, *kinds: type) -> tuple[Any, ...] | None:
    """The place that a cursor stands for: one value of each kind. Raises Problem for one that we never gave."""
    if cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError, RecursionError):
        raise _unknown() from None
    if not isinstance(place, list) or [type(one) for one in place] != list(kinds):
        raise _unknown()
    if any(_is_unusable(one) for one in place):
        raise _unknown()
    return tuple(place)


def cursor_of(place: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode()


def page_of(found: Sequence[Row], id_of: Callable[[Row], str], cursor: Cursor, limit: int) -> tuple[list[Row], Next]:
    """Part of a list that is short enough to be read as a whole, and what leads to the next.

    A cursor is the id of the last row; one that has gone since leads nowhere. Raises Problem.
    """
    begin = 0
    if (place := after(cursor, str)) is not None:
        ids = [id_of(one) for one in found]
        if place[0] not in ids:
            raise _unknown()
        begin = ids.index(place[0]) + 1
    page = list(found[begin : begin + limit])
    is_last = begin + limit >= len(found)
    return page, None if is_last else cursor_of((id_of(page[-1]),))


def _is_unusable(value: object) -> bool:
    """No database takes it."""
    return (isinstance(value, int) and not 0 <= value <= _LARGEST) or (isinstance(value, str) and "\0" in value)


def _unknown() -> Problem:
    message = "this cursor leads nowhere; begin again without it"
    where = [{"where": "query.cursor", "message": message, "code": "cursor_invalid"}]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "request_invalid", message, details=where)
