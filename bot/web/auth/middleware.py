"""The middleware before all routes: a new route is closed until it is opened on purpose."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.auth.door import Asker, Door
from bot.web.auth.pace import Pace
from bot.web.failures import Problem, refused, wants_page

OPEN = ("/healthz", "/readyz", "/webhooks/", "/worker/", "/sign-in", "/static/")
"""Health is for probes, webhooks are signed, workers have tickets, and who is not signed in yet has to be able to. A slash
opens what is below."""

_UNNAMED = ("/healthz", "/readyz", "/webhooks/", "/worker/")
"""Asked for by machines, by whatever name they know us."""


class AccessMiddleware:
    """Finds out who asks and leaves it for the routes; what nobody may ask ends here."""

    def __init__(self, app: ASGIApp, door: Door, pace: Pace) -> None:
        self._app = app
        self._door = door
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or _is_among(_UNNAMED, scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            await self._admit(scope)
        except Problem as problem:
            await _refuse(scope, receive, send, problem)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._door.access.refuse_elsewhere(headers)
        if _is_among(OPEN, scope["path"]):
            return
        asker: Asker = await run_in_threadpool(self._door.asker, headers)
        self._pace.spend(asker.proof)
        scope.setdefault("state", {})["asker"] = asker


def _is_among(paths: tuple[str, ...], path: str) -> bool:
    return any(path == one or path.startswith(one if one.endswith("/") else f"{one}/") for one in paths)


async def _refuse(scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
    if scope["type"] == "websocket":
        await receive()  # the handshake; refused before it is accepted, it is answered 403
        await send({"type": "websocket.close", "code": 1008, "reason": problem.type})
    elif problem.status is HTTPStatus.UNAUTHORIZED and _is_for_a_page(scope):
        target = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        await RedirectResponse(f"/sign-in?next={quote(target, safe='')}", 303)(scope, receive, send)
    else:
        await refused(scope, problem)(scope, receive, send)


def _is_for_a_page(scope: Scope) -> bool:
    """A person with a browser, who is sent to where one signs in."""
    return scope["method"] in ("GET", "HEAD") and wants_page(scope)


def content_security(*, forms: str = "'self'") -> str:
    """What a page may load, and where its forms may lead."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    )


_HEADERS = {
    "content-security-policy": content_security(),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
"""https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html. No script or style stands in a page."""


def security_headers(*, is_secure: bool) -> list[tuple[bytes, bytes]]:
    """What browsers are told with every answer that says nothing else."""
    told = _HEADERS | ({"strict-transport-security": "max-age=31536000"} if is_secure else {})
    return [(name.encode(), value.encode()) for name, value in (told | {"cache-control": "no-store"}).items()]


class SecurityHeaders:
    """Outermost: what browsers are told with every answer, also where something went wrong."""

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        self._app = app
        self._headers = security_headers(is_secure=is_secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in self._headers if one[0] not in said)]
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)
