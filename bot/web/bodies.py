"""Bodies: what is sent to us, read piece by piece, so that neither a large one nor a slow sender costs more than it may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.requests import Request

from bot.web.failures import Problem

PATIENCE = 60.0
"""Seconds a sender has for a body."""


async def read_body(request: Request, limit: int, *, patience: float = PATIENCE) -> bytes:
    """The whole body. Raises Problem: 413 for more than `limit` bytes, announced or sent; 408 for one that does not come."""
    async with in_time(patience):
        return b"".join([piece async for piece in pieces(request, limit)])


async def pieces(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes. Raises Problem: 413 for more than `limit` bytes, announced or sent."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        yield piece


@asynccontextmanager
async def in_time(patience: float = PATIENCE) -> AsyncIterator[None]:
    """Raises Problem 408 if the sender takes longer."""
    try:
        async with asyncio.timeout(patience):
            yield
    except TimeoutError:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "too_slow", "the body took too long to arrive") from None


def _too_large(limit: int) -> Problem:
    message = f"the body may have {limit:,} bytes"
    # whatever is still on its way is not read: the connection ends here
    headers = {"connection": "close"}
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message, details={"limit": limit}, headers=headers)
