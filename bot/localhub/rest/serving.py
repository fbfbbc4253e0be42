"""The whole application: REST routes, pages, and the guard in front of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

from bot.localhub.rest.app import api_routes

if TYPE_CHECKING:
    from bot.localhub.hub import Hub


def application(hub: Hub, url: str) -> Starlette:
    return Starlette(routes=[*api_routes(hub, url)])
