"""Bodies: what is sent to us, read piece by piece, so that neither a large one nor a slow sender costs more than it may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.failures import Problem, refused
from services.planning.parser import MAX_BYTES

PATIENCE = 60.0
"""Seconds a sender has for a body."""

LARGEST = 4 * MAX_BYTES + 256 * 1024
"""Bytes of a body, except where a route says otherwise: several plans in a form, with their policy."""

READS_ITSELF = ("/webhooks/", "/worker/")
"""Who has limits of their own: webhooks are larger, and so are the logs of workers."""


async def read_body(request: Request, limit: int, *, patience: float = PATIENCE) -> bytes:
    """The whole body. Raises Problem: 413 for more than `limit` bytes, announced or sent; 408 for one that does not end.

    Its first piece is not timed here: most bodies have no second one, and `PatientProtocol` waits for it.
    """
    coming = _Coming(request, limit)
    first = await coming.piece()
    if coming.is_complete:
        return first
    async with in_time(patience):
        return b"".join([first, *[piece async for piece in coming.rest()]])


def pieces(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes. Raises Problem: 413 for more than `limit` bytes, announced or sent."""
    return _Coming(request, limit).rest()


class _Coming:
    """A body that is being read. Raises Problem, ClientDisconnect."""

    def __init__(self, request: Request, limit: int) -> None:
        if _announced(request.scope) > limit:
            raise too_large(limit)
        self._receive = request.receive
        self._limit = limit
        self._size = 0
        self.is_complete = False

    async def piece(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        self.is_complete = not message.get("more_body", False)
        self._size += len(piece)
        if self._size > self._limit:
            raise too_large(self._limit)
        return piece

    async def rest(self) -> AsyncGenerator[bytes, None]:
        while not self.is_complete:
            yield await self.piece()


@asynccontextmanager
async def in_time(patience: float = PATIENCE) -> AsyncIterator[None]:
    """Raises Problem 408 if the sender takes longer."""
    try:
        async with asyncio.timeout(patience):
            yield
    except TimeoutError:
        raise _too_slow() from None


def _announced(scope: Scope) -> int:
    given: bytes = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(given) if given.isdigit() else 0


def too_large(limit: int) -> Problem:
    message = f"the body may have {limit:,} bytes"
    # whatever is still on its way is not read: the connection ends here
    headers = {"connection": "close"}
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message, details={"limit": limit}, headers=headers)


def _too_slow() -> Problem:
    headers = {"connection": "close"}
    return Problem(HTTPStatus.REQUEST_TIMEOUT, "too_slow", "the body took too long to arrive", headers=headers)


class BodyGuard:
    """Around all routes: no body is larger, or slower, than it may be, whoever reads it and whatever they make of an error."""

    def __init__(self, app: ASGIApp, *, limit: int = LARGEST, patience: float = PATIENCE) -> None:
        self._app = app
        self._limit = limit
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(READS_ITSELF):
            await self._app(scope, receive, send)
            return
        if _announced(scope) > self._limit:
            await refused(scope, too_large(self._limit))(scope, receive, send)
            return
        guarded = _Guarded(receive, send, self._limit, self._patience)
        with suppress(_Cut):  # nobody has made anything of it
            await self._app(scope, guarded.receive, guarded.send)
        if guarded.problem is not None and not guarded.has_begun:
            await refused(scope, guarded.problem)(scope, receive, send)


class _Cut(Exception):
    """The body is not read any further."""


class _Guarded:
    """One request. Once its body has gone too far, what the routes answer to that is not sent: it says less than we know."""

    def __init__(self, receive: Receive, send: Send, limit: int, patience: float) -> None:
        self._receive = receive
        self._send = send
        self._left = limit
        self._limit = limit
        self._until = asyncio.get_running_loop().time() + patience
        self._is_complete = False
        self.problem: Problem | None = None
        self.has_begun = False

    async def receive(self) -> Message:
        if self._is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.problem = _too_slow()
            raise _Cut from None
        self._left -= len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._left < 0:
            self.problem = too_large(self._limit)
            raise _Cut
        return message

    async def send(self, message: Message) -> None:
        if self.problem is not None and not self.has_begun:
            return
        self.has_begun = True
        await self._send(message)
