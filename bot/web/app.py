"""The application: all routes over one `Phasebot`, behind the access rule, every error an envelope."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.bootstrap import Phasebot
from bot.web.auth.binding import Access
from bot.web.auth.door import Door
from bot.web.auth.middleware import AccessMiddleware, SecurityHeaders
from bot.web.auth.pace import Pace
from bot.web.auth.sign_in import SignInLink
from bot.web.bodies import BodyGuard
from bot.web.console.mounting import problem_page
from bot.web.express import ExpressLane, is_delivery
from bot.web.failures import answer_failures
from bot.web.idempotency import IdempotencyMiddleware
from bot.web.live.feed import Feed
from bot.web.routes import all_routes
from bot.web.traced import TracingMiddleware
from bot.web.webhooks import Desk

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


class Api(FastAPI):
    """FastAPI, but for deliveries of GitHub, which do not even come to its own middleware, and for what its description says
    about parameters: there is no null in a URL or a header."""

    express: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.express if is_delivery(scope) else super().__call__)(scope, receive, send)

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
    )
    app.state.phasebot, app.state.door, app.state.sign_in_link = phasebot, door, link
    app.state.feed, app.state.desk = Feed(phasebot), Desk(phasebot)
    app.state.problem_page = problem_page
    app.router.routes.extend(all_routes())
    app.add_middleware(IdempotencyMiddleware, answers=phasebot.store.answers, clock=phasebot.clock)
    app.add_middleware(AccessMiddleware, door=door, pace=Pace(phasebot.settings.requests_per_minute))
    app.add_middleware(BodyGuard)
    answer_failures(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(SecurityHeaders, is_secure=door.cookies.is_secure)
    app.add_middleware(TracingMiddleware)
    app.express = TracingMiddleware(ExpressLane(app, app.state.desk, is_secure=door.cookies.is_secure))
    return app
