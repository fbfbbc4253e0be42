"""Bodies: what is sent to us, read piece by piece, so that neither a large one nor a slow sender costs more than it may."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.requests import Request

from bot.web.failures import Problem

PATIENCE = 60.0
"""Seconds a sender has for a body."""


async def read_body(request: Request, limit: int, *, patience: float = PATIENCE) -> bytes:
    """The whole body. Raises Problem: 413 for more than `limit` bytes, announced or sent; 408 for one that does not come."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(patience):
            return await _read(request, limit)
    except TimeoutError:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "too_slow", "the body took too long to arrive") from None


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        if len(body) + len(piece) > limit:
            raise _too_large(limit)
        body += piece
    return bytes(body)


def _too_large(limit: int) -> Problem:
    message = f"the body may have {limit:,} bytes"
    # whatever is still on its way is not read: the connection ends here
    headers = {"connection": "close"}
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message, details={"limit": limit}, headers=headers)
