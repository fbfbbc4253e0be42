"""The application: all routes over one `Phasebot`, behind the access rule, every error an envelope."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from bot.bootstrap import Phasebot
from bot.web import health, webhooks
from bot.web.api import events, phases, plans, queue, request
from bot.web.auth import Access, AccessMiddleware
from bot.web.failures import answer_failures, documented

API_VERSION = "1"
"""Rises when something that was there changes its meaning or goes; additions leave it as it is."""

_TAGS = [
    {"name": "request", "description": "Hand in work: in words, or as phases; one phase is previewed and confirmed."},
    {"name": "plans", "description": "Upload Markdown plans, look at them, start, pause, resume and cancel them."},
    {"name": "queue", "description": "All phases in the order in which they are worked on, and why one waits."},
    {"name": "phases", "description": "One phase with its attempts, and the orders it takes."},
    {"name": "events", "description": "The audit trail: what happened, by whom, and why."},
    {"name": "webhooks", "description": "What GitHub sends. Signed; no token."},
    {"name": "health", "description": "For whoever watches this process. No token."},
]

_bearer = HTTPBearer(auto_error=False, description="PHASEBOT_API_TOKEN, or the token printed at the start")
"""Only tells the description that a token is wanted; `AccessMiddleware` is who asks for it."""


def create_app(phasebot: Phasebot, access: Access) -> FastAPI:
    """The application, ready to be served. Pages that load scripts from elsewhere are left out."""
    app = FastAPI(
        title="phasebot",
        version=API_VERSION,
        openapi_tags=_TAGS,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.phasebot = phasebot
    app.include_router(health.router)
    app.include_router(webhooks.router)
    for module in (request, plans, queue, phases, events):
        app.include_router(
            module.router, prefix="/api", responses=documented(401, 403, 422, 500, 503), dependencies=[Depends(_bearer)]
        )
    app.add_middleware(AccessMiddleware, access=access)
    answer_failures(app)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
