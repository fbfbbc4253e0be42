"""The express lane: webhooks of GitHub, which come by the thousand, go past sign-in, compression and the search for a route.

What they are answered is the same as at their route, headers and envelopes included.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.web import webhooks
from bot.web.auth.middleware import SecurityHeaders
from bot.web.failures import FailureMiddleware, Problem, answer_to
from services.domain.errors import TransientError, UserError

PATH = "/webhooks/github"


class ExpressLane:
    """Outermost. `app` is everything else; its exception handlers answer here as well."""

    def __init__(self, app: ASGIApp, *, of: FastAPI, is_secure: bool) -> None:
        self._app = app
        self._of = of
        self._lane = SecurityHeaders(FailureMiddleware(self._take), is_secure=is_secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_webhook = scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST"
        await (self._lane if is_webhook else self._app)(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self._of
        request = Request(scope, receive)
        try:
            answer = await webhooks.github(request)
        except (Problem, UserError, TransientError) as error:
            answer = await answer_to(request, error)
        await answer(scope, receive, send)
