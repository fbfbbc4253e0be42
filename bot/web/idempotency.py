"""Idempotency keys: a POST that may be sent again, because nobody knows whether it has arrived, is done once.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from http import HTTPStatus

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.store.answers import Answers, KeptAnswer
from bot.web.auth.door import Asker
from bot.web.bodies import read_body
from bot.web.failures import Problem, refused
from services.ports import Clock

HEADER = "idempotency-key"
REPLAYED = "idempotency-replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_LARGEST = 32 * 1024 * 1024
_BOUNDARY = re.compile(r'boundary="?([^";,]+)')


class IdempotencyMiddleware:
    """Behind the access rule: a key is its owner's."""

    def __init__(self, app: ASGIApp, answers: Answers, clock: Clock) -> None:
        self._app = app
        self._answers = answers
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_concerned(scope):
            await self._app(scope, receive, send)
            return
        try:
            await self._once(scope, receive, send)
        except Problem as problem:
            await refused(scope, problem)(scope, receive, send)

    async def _once(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        given = headers[HEADER]
        if not _KEY.fullmatch(given):
            message = "an idempotency key is 1 to 200 visible characters"
            raise Problem(HTTPStatus.BAD_REQUEST, "idempotency_key_invalid", message)
        body = await read_body(Request(scope, receive), _LARGEST)
        asker: Asker = scope["state"]["asker"]
        key, request = f"{asker.proof} {given}", _digest(scope, headers, body)
        known = await run_in_threadpool(self._answers.begin, key, request, self._clock.now())
        if known is not None:
            await _again(known, request)(scope, receive, send)
            return
        answer = _Recorded(send, lambda one: self._answers.keep(key, one.status, one.content_type, bytes(one.body)))
        try:
            await self._app(scope, _replay(body, receive), answer)
        finally:
            if not answer.is_kept:
                await run_in_threadpool(self._answers.drop, key)


def _is_concerned(scope: Scope) -> bool:
    is_post = scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith("/api/")
    return is_post and "asker" in scope.get("state", {}) and HEADER in Headers(scope=scope)


def _again(known: KeptAnswer, request: str) -> Response:
    """The answer of before. Raises Problem for a key that was used for something else, or whose answer is on its way."""
    if known.request != request:
        message = "this idempotency key was used for another request; take a new one"
        raise Problem(HTTPStatus.CONFLICT, "idempotency_key_reused", message)
    if known.status is None:
        message, headers = "the first request with this key is being answered", {"retry-after": "1"}
        raise Problem(HTTPStatus.CONFLICT, "request_in_progress", message, headers=headers)
    headers = {REPLAYED: "true"} | ({"content-type": known.content_type} if known.content_type else {})
    return Response(known.body, known.status, headers)


def _digest(scope: Scope, headers: Headers, body: bytes) -> str:
    """What was asked. The boundary of a form is chance, and another one when the form is sent again."""
    boundary = _BOUNDARY.search(headers.get("content-type", ""))
    if boundary:
        body = body.replace(boundary[1].encode("latin-1"), b"")
    kind = headers.get("content-type", "").partition(";")[0]
    asked = f"{scope['path']}?{scope['query_string'].decode('latin-1')} {kind} {headers.get('if-match', '')}\n"
    return hashlib.sha256(asked.encode() + body).hexdigest()


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once more, for whoever answers."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


class _Recorded:
    """Passes an answer on and has it kept, before its end is sent: who has it whole is answered the same from then on."""

    def __init__(self, send: Send, keep: Callable[[_Recorded], None]) -> None:
        self._send = send
        self._keep = keep
        self.status = 0
        self.content_type = ""
        self.body = bytearray()
        self.is_kept = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.content_type = Headers(raw=message["headers"]).get("content-type", "")
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body", False) and self.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                await run_in_threadpool(self._keep, self)
                self.is_kept = True
        await self._send(message)
