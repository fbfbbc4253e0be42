"""The whole application: REST routes, pages, and the guard in front of both."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.localhub.pages.routes import home, page_routes
from bot.localhub.rest.app import api_routes
from bot.localhub.rest.git_over_http import git_route
from bot.localhub.rest.oidc import oidc_routes

if TYPE_CHECKING:
    from bot.localhub.hub import Hub

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class LoopbackNames:
    """Turns away requests for any other host name: a page in the user's browser could have pointed a name here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = urlsplit("//" + Headers(scope=scope).get("host", "")).hostname
        if host in LOOPBACK:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse("localhub answers to loopback names only", 403)(scope, receive, send)


class HomeRoute(Route):
    """The root is a page for browsers only; other clients go on to the REST root."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        wants_html = scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")
        return super().matches(scope) if wants_html else (Match.NONE, {})


def application(hub: Hub, url: str) -> Starlette:
    routes = [HomeRoute("/", home(hub)), *oidc_routes(hub), *api_routes(hub, url), git_route(hub), *page_routes(hub)]
    return Starlette(routes=routes, middleware=[Middleware(LoopbackNames)])
