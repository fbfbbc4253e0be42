"""The identity provider over HTTP: discovery and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.localhub.oidc import PATH

if TYPE_CHECKING:
    from bot.localhub.hub import Hub


def oidc_routes(hub: Hub) -> list[Route]:
    def discovery(_: Request) -> Response:
        return JSONResponse(hub.oidc.discovery())

    def keys(_: Request) -> Response:
        return JSONResponse(hub.oidc.keys())

    return [
        Route(f"{PATH}/.well-known/openid-configuration", discovery, methods=["GET"]),
        Route(f"{PATH}/.well-known/jwks", keys, methods=["GET"]),
    ]
