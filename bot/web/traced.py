"""A span for each request that is asked of us, below the one of whoever asks."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.tracing import is_on, span


class TracingMiddleware:
    """The outermost, so that a refusal has its span as well. Live connections last for hours and have none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_on():
            await self._app(scope, receive, send)
            return
        method, parent = scope["method"], Headers(scope=scope).get("traceparent", "")
        with span(method, "server", parent=parent, http__request__method=method, url__path=scope["path"]) as note:

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    note("http.response.status_code", message["status"])
                await send(message)

            await self._app(scope, receive, noted)
