"""Failures: every error this server answers is one envelope, `{error: {type, message, details, request_id}}`.

`type` is stable and documented; `message` is a sentence for people; `details` says where and what to do, or lists findings.
Nothing is answered as a bare 500: a mistake of our own is logged with its request id, and the id is what the asker gets.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.domain.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    PlanInvalid,
    PlanUnreadable,
    PolicyInvalid,
    RemoteUnavailable,
    StorageUnavailable,
    TransientError,
    UserError,
)

log = structlog.get_logger()

REQUEST_ID = "x-request-id"
_USABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Problem(Exception):
    """Something this server refuses or cannot do: its status, its stable type, and words for people."""

    def __init__(
        self,
        status: HTTPStatus,
        type: str,
        message: str,
        *,
        details: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message
        self.details = details
        self.headers = dict(headers or {})


class ErrorBody(BaseModel):
    """What went wrong."""

    type: str = Field(description="Stable word for programs", examples=["not_found"])
    message: str = Field(description="A sentence for people", examples=["there is no plan 4kd0x9q2mz"])
    details: Any = Field(
        description="Where it is wrong and the way out, or a list of findings; null if there is no more"
    )
    request_id: str = Field(description="Names this request in the log", examples=["6f1c2a9be0f24d55a1f0c6a3cf7f1f10"])


class ErrorEnvelope(BaseModel):
    """Every error this server answers, whatever its status."""

    error: ErrorBody


_STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (PlanUnreadable, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PlanInvalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PolicyInvalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (RemoteUnavailable, HTTPStatus.BAD_GATEWAY),
    (StorageUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (UserError, HTTPStatus.BAD_REQUEST),
)
"""First match."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its OpenAPI description."""
    return {status: {"model": ErrorEnvelope, "description": HTTPStatus(status).phrase} for status in statuses}


def answer_failures(app: FastAPI) -> None:
    """Let every error leave this application as the envelope."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_middleware(FailureMiddleware)


async def answer_to(request: Request, error: Problem | UserError | TransientError) -> Response:
    """The same for one error, where the application does not stand around."""
    return await next(handler for kind, handler in _HANDLERS.items() if isinstance(error, kind))(request, error)


def request_id(scope: Scope) -> str:
    """The id of this request, as it is logged and answered."""
    id: str = scope["state"][REQUEST_ID]
    return id


def refused(scope: Scope, problem: Problem) -> Response:
    """The envelope of a problem, where no exception handler stands around: in middleware."""
    return _envelope(scope, problem)


def wants_page(scope: Scope) -> bool:
    """A person with a browser asks for a page of the console."""
    is_ours = not scope["path"].startswith(("/api", "/webhooks", "/healthz", "/readyz", "/metrics"))
    return is_ours and "app" in scope and "text/html" in Headers(scope=scope).get("accept", "")


class FailureMiddleware:
    """Outermost: gives every request its id, and turns what nobody expected into an envelope and a line in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id = id_for(scope)
        scope.setdefault("state", {})[REQUEST_ID] = id
        answer = _Answer(send, id)
        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            log.info("client_gone", path=scope["path"], request=id)
        except Exception:
            log.exception("request_failed", path=scope["path"], request=id)
            if answer.has_begun:
                raise  # half an answer cannot be taken back: the connection is cut
            await _envelope(scope, _OUR_MISTAKE)(scope, receive, answer)


class _Answer:
    """Passes an answer on, with the request id among its headers, and remembers that it has begun."""

    def __init__(self, send: Send, id: str) -> None:
        self._send = send
        self._id = id
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            MutableHeaders(scope=message)[REQUEST_ID] = self._id
        await self._send(message)


_OUR_MISTAKE = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal",
    "This is a mistake of the server; its log has more under the request id.",
)


def id_for(scope: Scope) -> str:
    """The one the asker gave, if it is harmless in a log; else a new one."""
    given = next((value for name, value in scope["headers"] if name == REQUEST_ID.encode()), b"").decode("latin-1")
    return given if _USABLE_ID.fullmatch(given) else uuid.uuid4().hex


def _envelope(scope: Scope, problem: Problem) -> Response:
    """The envelope; for whoever reads pages, a page that says the same."""
    if wants_page(scope) and (page := getattr(scope["app"].state, "problem_page", None)):
        answer: Response = page(scope, problem)
        return answer
    body = {
        "type": problem.type,
        "message": problem.message,
        "details": problem.details,
        "request_id": request_id(scope),
    }
    return JSONResponse({"error": body}, problem.status, problem.headers)


# ---------------------------------------------------------------- what each error becomes


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _envelope(request.scope, error)


async def _user_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, UserError)
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    details: dict[str, Any] = {"where": error.where, "fix": error.fix}
    if isinstance(error, PolicyInvalid):
        details["findings"] = [finding.as_json() for finding in error.findings]
    return _envelope(request.scope, Problem(status, error.code, error.message, details=details))


async def _transient(request: Request, error: Exception) -> Response:
    assert isinstance(error, TransientError)
    headers = {"retry-after": str(max(1, round(error.retry_after or 1)))}
    problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "try_again", str(error), headers=headers)
    return _envelope(request.scope, problem)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if any(one["type"] == "json_invalid" for one in problems):
        return _envelope(request.scope, Problem(HTTPStatus.BAD_REQUEST, "json_invalid", "the body is not JSON"))
    message = f"{len(problems)} of the values given cannot be used" if len(problems) > 1 else "a value cannot be used"
    problem = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "request_invalid", message, details=told(problems))
    return _envelope(request.scope, problem)


def told(problems: Sequence[Any], under: Sequence[str] = ()) -> list[dict[str, str]]:
    """Which values, below where, and why; never the value itself, which may be large or secret."""
    return [
        {"where": ".".join(map(str, (*under, *one["loc"]))), "message": one["msg"], "code": one["type"]}
        for one in problems
    ]


def unreadable(message: str, error: ValidationError) -> Problem:
    """A body that is not what is spoken here, without the values in it."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return Problem(HTTPStatus.BAD_REQUEST, "payload_invalid", message, details=problems)


async def _http(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: unknown paths, wrong methods, broken forms."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    type = status.name.lower()
    message = str(error.detail) if error.detail != status.phrase else status.description or status.phrase
    return _envelope(request.scope, Problem(status, type, message, headers=error.headers))


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    Problem: _problem,
    UserError: _user_error,
    TransientError: _transient,
    RequestValidationError: _invalid,
    HTTPException: _http,
}
