"""The application: all routes over one `Phasebot`, behind the access rule, every error an envelope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse

from bot.bootstrap import Phasebot
from bot.web import callbacks, gitlab, health, metrics, webhooks, workers
from bot.web.api import (
    events,
    jobs,
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
from bot.web.auth.binding import Access
from bot.web.auth.door import Door
from bot.web.auth.middleware import OPEN, AccessMiddleware, SecurityHeaders
from bot.web.auth.pace import Pace
from bot.web.auth.permits import needs
from bot.web.auth.sign_in import SignInLink
from bot.web.console.mounting import add_console
from bot.web.failures import answer_failures, documented
from bot.web.gathering import Gathering
from bot.web.idempotency import IdempotencyMiddleware
from bot.web.live import socket
from bot.web.live.feed import Feed
from bot.web.traced import TracingMiddleware
from services.domain.access import Role

API_VERSION = "1"
"""Rises when something that was there changes its meaning or goes; additions leave it as it is."""

_TAGS = [
    {"name": "request", "description": "Hand in work: in words, or as phases; one phase is previewed and confirmed."},
    {"name": "plans", "description": "Upload Markdown plans, look at them, start, pause, resume and cancel them."},
    {"name": "queue", "description": "All phases in the order in which they are worked on, and why one waits."},
    {"name": "phases", "description": "One phase with its attempts, and the orders it takes."},
    {"name": "events", "description": "The audit trail: what happened, by whom, and why."},
    {"name": "projects", "description": "The repositories that are served."},
    {"name": "tools", "description": "What operations of a policy may name, and how it has fared."},
    {"name": "jobs", "description": "Tools that are run on request, where the operator exposes them."},
    {"name": "deliveries", "description": "What came in, what it meant, and what became of it."},
    {"name": "outbox", "description": "What goes out to executors and issues, and what was given up."},
    {"name": "live", "description": "What has changed. `WS /ws` tells the same by itself."},
    {"name": "tokens", "description": "Who may use this API, in which project, and as what."},
    {"name": "webhooks", "description": "What GitHub and GitLab send. Signed; no token."},
    {"name": "health", "description": "For whoever watches this process. Only the figures take a token."},
]

_API = (
    *(
        module.router
        for module in (request, plans, shape_orders, queue, phases, projects, policies, tools, jobs, events, tokens)
    ),
    *(records.deliveries, records.outbox, socket.api),
)
_bearer = HTTPBearer(
    auto_error=False, description="An API token: PHASEBOT_API_TOKEN, or one made with `phasebot token`"
)
_project_token = APIKeyHeader(name="X-Project-Token", auto_error=False, description="An API token of a single project")
"""Only tell the description that a token is wanted; `AccessMiddleware` is who asks for it."""


class Api(FastAPI):
    """FastAPI, but for what its description says about parameters: there is no null in a URL or a header."""

    def openapi(self) -> dict[str, Any]:
        description = super().openapi()
        for path in description["paths"].values():
            for operation in path.values():
                for parameter in operation.get("parameters", ()):
                    parameter["schema"] = _without_null(parameter["schema"])
        return description


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """`anyOf: [X, null]` is X: leaving the parameter out is how nothing is said."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **kinds[0]}


def create_app(phasebot: Phasebot, access: Access, link: SignInLink | None = None) -> FastAPI:
    """The application, ready to be served. Pages that load scripts from elsewhere are left out."""
    door = Door(access, phasebot.store, phasebot.clock, phasebot.settings)
    app = Api(
        title="phasebot",
        version=API_VERSION,
        openapi_tags=_TAGS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.phasebot, app.state.door, app.state.sign_in_link = phasebot, door, link
    app.state.feed, app.state.gathering = Feed(phasebot), Gathering(phasebot.receive)
    app.include_router(socket.router)
    app.include_router(health.router)
    app.include_router(webhooks.router)
    app.include_router(gitlab.router)
    app.include_router(callbacks.router)
    app.include_router(workers.router)
    app.include_router(sign_in.router)
    app.include_router(github.router)
    add_console(app)
    wanted = [Depends(_bearer), Depends(_project_token)]
    for router in _API:
        errors = documented(401, 403, 422, 429, 500, 503)
        app.include_router(router, prefix="/api", responses=errors, dependencies=wanted)
    app.include_router(metrics.router, responses=documented(401, 403, 429, 500, 503), dependencies=wanted)
    describe(app)
    app.add_middleware(IdempotencyMiddleware, answers=phasebot.store.answers, clock=phasebot.clock)
    app.add_middleware(AccessMiddleware, door=door, pace=Pace(phasebot.settings.requests_per_minute))
    answer_failures(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(SecurityHeaders, is_secure=door.cookies.is_secure)
    app.add_middleware(TracingMiddleware)
    require_roles(app)
    return app


def describe(app: FastAPI) -> None:
    """The description of the API, for whoever has a token of any role."""

    def description(request: Request) -> JSONResponse:
        return JSONResponse(request.app.openapi())

    any_role = [Depends(needs(Role.VIEWER))]
    app.add_api_route("/api/openapi.json", description, include_in_schema=False, dependencies=any_role)


class Guarded(NamedTuple):
    """One route: where it is, how it is asked, and the role that it takes; None for an open one."""

    path: str
    methods: frozenset[str]
    role: Role | None


def guarded_routes(app: FastAPI) -> Iterator[Guarded]:
    """All routes there are, with their roles."""
    for one in iter_route_contexts(app.routes):
        if isinstance(route := one.original_route, APIRoute):
            yield Guarded(one.path or "", frozenset(route.methods or ()), next(_roles(route.dependant), None))


def require_roles(app: FastAPI) -> None:
    """Every route that is not open says which role it takes. Raises AssertionError for one that was forgotten."""
    for route in guarded_routes(app):
        is_open = route.path.startswith(OPEN)
        assert is_open or route.role is not None, f"{route.path} does not say which role it takes"


def _roles(dependant: Dependant) -> Iterator[Role]:
    for one in dependant.dependencies:
        if isinstance(role := getattr(one.call, "role", None), Role):
            yield role
        yield from _roles(one)


def _operation_id(route: APIRoute) -> str:
    return route.name
