"""Mounting: all pages of the console, and the page that errors become for whoever reads pages."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from bot.web.console import (
    app_setup,
    assets,
    board,
    drafts,
    events,
    jobs,
    operations,
    orders,
    phases,
    plans,
    policies,
    projects,
    start,
    theme,
    tokens,
)
from bot.web.console.rendering import Page
from bot.web.failures import Problem, request_id

PAGES = (
    *(assets, plans, drafts, board, phases, events, orders, operations, jobs),
    *(projects, policies, tokens, start, app_setup, theme),
)

_TITLES = {
    HTTPStatus.FORBIDDEN: "You may not do this",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.CONFLICT: "It does not fit any more",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That is too large",
    HTTPStatus.TOO_MANY_REQUESTS: "That was too much at once",
    HTTPStatus.INTERNAL_SERVER_ERROR: "That was our mistake",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not at the moment",
}


def problem_page(scope: Scope, problem: Problem) -> Response:
    """An error for people."""
    details = problem.details if isinstance(problem.details, dict) else {}
    response = Page(Request(scope)).show(
        "problem.html",
        code=problem.status,
        number=problem.status.value,
        title=_TITLES.get(problem.status, "That did not work"),
        message=problem.message,
        fix=details.get("fix") or "",
        request_id=request_id(scope),
    )
    response.headers.update(problem.headers)
    return response
