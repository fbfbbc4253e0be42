"""The express lane: webhooks of GitHub, which come by the thousand, go past all that stands around the other routes.

What they are answered is the same as at their route, headers and envelopes included.
"""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from bot.web.auth.middleware import SecurityHeaders, security_headers
from bot.web.failures import REQUEST_ID, FailureMiddleware, Problem, answer_to, id_for
from bot.web.webhooks import ANSWERS, Desk
from services.domain.errors import TransientError, UserError


def is_delivery(scope: Scope) -> bool:
    """It takes this lane."""
    path: str = scope.get("path", "")
    return path == "/webhooks/github" and scope["type"] == "http" and scope["method"] == "POST"


class ExpressLane:
    """For deliveries only. The exception handlers of the application answer what goes wrong."""

    def __init__(self, app: FastAPI, desk: Desk, *, is_secure: bool) -> None:
        self._app = app
        self._desk = desk
        self._is_secure = is_secure
        always = [*security_headers(is_secure=is_secure), (b"content-type", b"application/json")]
        self._headers = {
            status: [*always, (b"content-length", str(len(answer)).encode())] for status, answer in ANSWERS.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status = await self._desk.take(Request(scope, receive))
        except Exception as error:  # noqa: BLE001 - from here on it is dealt with as anywhere else
            failing = FailureMiddleware(_Failing(self._app, error))
            await SecurityHeaders(failing, is_secure=self._is_secure)(scope, receive, send)
            return
        headers = [*self._headers[status], (REQUEST_ID.encode(), id_for(scope).encode())]
        await send({"type": "http.response.start", "status": HTTPStatus.ACCEPTED, "headers": headers})
        await send({"type": "http.response.body", "body": ANSWERS[status]})


class _Failing:
    """Stands for a route at which this error came up."""

    def __init__(self, app: FastAPI, error: Exception) -> None:
        self._app = app
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not isinstance(self._error, Problem | UserError | TransientError):
            raise self._error
        scope["app"] = self._app
        answer = await answer_to(Request(scope, receive), self._error)
        await answer(scope, receive, send)
