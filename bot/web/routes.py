"""The routes: all there are, composed once, each with the role that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute

from bot.web import callbacks, gitlab, health, metrics, webhooks, workers
from bot.web.api import (
    diffs,
    events,
    jobs,
    me,
    phases,
    plans,
    policies,
    projects,
    queue,
    records,
    request,
    shape_orders,
    tokens,
    tools,
)
from bot.web.auth import github, sign_in
from bot.web.auth.middleware import OPEN
from bot.web.auth.permits import needs
from bot.web.console import mounting as console
from bot.web.failures import documented
from bot.web.live import socket
from services.domain.access import Role

_API = (
    *(
        module.router
        for module in (
            *(request, plans, shape_orders, queue, phases, diffs),
            *(projects, policies, tools, jobs, events, tokens, me),
        )
    ),
    *(records.deliveries, records.outbox, socket.api),
)
_bearer = HTTPBearer(
    auto_error=False, description="An API token: PHASEBOT_API_TOKEN, or one made with `phasebot token`"
)
_project_token = APIKeyHeader(name="X-Project-Token", auto_error=False, description="An API token of a single project")
"""Only tell the description that a token is wanted; `AccessMiddleware` is who asks for it."""

_OTHERS = (
    *(module.router for module in (socket, health, webhooks, gitlab, callbacks, workers, sign_in, github)),
    *(module.router for module in console.PAGES),
)


@cache
def all_routes() -> tuple[BaseRoute, ...]:
    """The same for every application of this process, because to compose them takes longer than all the rest of a start.

    Raises AssertionError for a route that does not say which role it takes.
    """
    routes = APIRouter(generate_unique_id_function=_operation_id)
    for router in _OTHERS:
        routes.include_router(router)
    wanted = [Depends(_bearer), Depends(_project_token)]
    for router in _API:
        errors = documented(401, 403, 422, 429, 500, 503)
        routes.include_router(router, prefix="/api", responses=errors, dependencies=wanted)
    routes.include_router(metrics.router, responses=documented(401, 403, 429, 500, 503), dependencies=wanted)
    any_role = [Depends(needs(Role.VIEWER))]
    routes.add_api_route("/api/openapi.json", _description, include_in_schema=False, dependencies=any_role)
    require_roles(routes.routes)
    return tuple(routes.routes)


def _description(request: Request) -> JSONResponse:
    """The description of the API, for whoever has a token of any role."""
    return JSONResponse(request.app.openapi())


class Guarded(NamedTuple):
    """One route: where it is, how it is asked, and the role that it takes; None for an open one."""

    path: str
    methods: frozenset[str]
    role: Role | None


def guarded_routes(routes: Iterable[BaseRoute]) -> Iterator[Guarded]:
    """All routes there are, with their roles."""
    for one in iter_route_contexts(list(routes)):
        if isinstance(route := one.original_route, APIRoute):
            yield Guarded(one.path or "", frozenset(route.methods or ()), next(_roles(route.dependant), None))


def require_roles(routes: Iterable[BaseRoute]) -> None:
    """Every route that is not open says which role it takes. Raises AssertionError for one that was forgotten."""
    for route in guarded_routes(routes):
        is_open = route.path.startswith(OPEN)
        assert is_open or route.role is not None, f"{route.path} does not say which role it takes"


def _roles(dependant: Dependant) -> Iterator[Role]:
    for one in dependant.dependencies:
        if isinstance(role := getattr(one.call, "role", None), Role):
            yield role
        yield from _roles(one)


def _operation_id(route: APIRoute) -> str:
    return route.name
