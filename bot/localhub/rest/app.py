"""The ASGI application: for each request the checks GitHub makes, the route function, and the headers GitHub sends."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.localhub.problems import Refused, not_found
from bot.localhub.rest.admission import admit, asking
from bot.localhub.rest.broken import spoilt
from bot.localhub.rest.call import Asker, Call, Endpoint, Fields, Reply
from bot.localhub.rest.routes import ENDPOINTS
from bot.localhub.shapes import Shapes
from bot.localhub.traffic import RequestRecord, Window

if TYPE_CHECKING:
    from bot.localhub.hub import Hub

ENTERPRISE_PREFIX = "/api/v3"
API_VERSIONS = ("2022-11-28", "2026-03-10")
FREE = "/rate_limit"  # costs nothing of the primary limit


def api_routes(hub: Hub, url: str) -> list[Route | Mount]:
    """The REST routes at the root, as on api.github.com, and once more under /api/v3, as on GitHub Enterprise Server."""
    nowhere = RestEndpoint(hub, Endpoint("GET", "/", "nowhere", _nowhere), url, "")
    return [
        Mount(ENTERPRISE_PREFIX, routes=[*_routes(hub, url, ENTERPRISE_PREFIX), _all_of("/", nowhere)]),
        *_routes(hub, url, ""),
        *(_all_of(f"/{start}/", nowhere) for start in ("repos", "user", "users", "orgs")),
    ]


def _all_of(start: str, nowhere: RestEndpoint) -> Route:
    """What GitHub may have there and we have not is a 404, whatever the method."""
    return Route(start + "{path:path}", nowhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


def _nowhere(_call: Call) -> Reply:
    raise not_found()


def _routes(hub: Hub, url: str, prefix: str) -> list[Route]:
    return [
        Route(endpoint.path, RestEndpoint(hub, endpoint, url, prefix), methods=[endpoint.method], name=endpoint.name)
        for endpoint in ENDPOINTS
    ]


class RestEndpoint:
    """One route, served. Everything about a request but its own function happens here, in the order GitHub has it."""

    def __init__(self, hub: Hub, endpoint: Endpoint, url: str, prefix: str) -> None:
        self._hub = hub
        self._endpoint = endpoint
        self._url = url
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:  # it died in the middle of its request, and waits for no answer
            return
        answer = self._answer(request, body)
        await answer(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> ASGIApp:
        """What to send, or how to spoil it."""
        path = request.url.path.removeprefix(self._prefix)
        planned = self._hub.faults.strike(request.method, path)
        response, asker = None, Asker()
        if planned is None or planned.fault.is_after:
            response, asker = self._respond(request, body)
        answer: ASGIApp | None = response
        status = response.status_code if response else 0
        if planned:
            answer, status = spoilt(planned, response)
        assert answer is not None
        user = None if asker == Asker() else asker.name
        self._hub.requests.add(RequestRecord(request.method, path, status, user, self._hub.clock()))
        return answer

    def _respond(self, request: Request, body: bytes) -> tuple[Response, Asker]:
        """A read sees one state, a write is one transaction."""
        asker = Asker()
        try:
            asker = asking(self._hub, request.headers.get("authorization"))
            window = self._admit(asker)
            admit(self._hub, asker, self._endpoint, request.path_params)
            with self._hub.db.lock if request.method in {"GET", "HEAD"} else self._hub.db.transaction():
                reply = self._endpoint.answer(self._call(request, body, asker))
        except Refused as refusal:
            reply = Reply(refusal.status, refusal.as_json(), refusal.headers)
            window = self._hub.allowances.window(asker.name)
        return self._response(request, reply, asker, window), asker

    def _admit(self, asker: Asker) -> Window:
        name, allowances = asker.name, self._hub.allowances
        if self._endpoint.feature and not getattr(self._hub.features, self._endpoint.feature):
            raise not_found()
        window = allowances.window(name) if self._endpoint.path == FREE else allowances.spend(name)
        if self._endpoint.creates_content:
            allowances.spend_content(name)
        return window

    def _call(self, request: Request, body: bytes, asker: Asker) -> Call:
        version = _version(request.headers)
        return Call(
            hub=self._hub,
            asker=asker,
            path=request.path_params,
            query=request.query_params,
            fields=Fields.parse(body),
            shapes=Shapes(self._url + self._prefix, self._url, has_assignee=version < "2026"),
            url=self._url + request.url.path,
            accept=request.headers.get("accept", ""),
            api_version=version,
        )

    def _response(self, request: Request, reply: Reply, asker: Asker, window: Window) -> Response:
        raw = _encoded(reply.body)
        headers = {**self._headers(request, asker), **_content_type(reply), **reply.headers}
        if request.method == "GET" and reply.status == 200:
            headers |= {"ETag": _etag(raw), "Cache-Control": "private, max-age=60, s-maxage=60"}
            if headers["ETag"].removeprefix("W/") in request.headers.get("if-none-match", ""):
                self._hub.allowances.refund(asker.name)
                return Response(None, 304, headers | _limits(window))
        return Response(raw, reply.status, headers | _limits(window))

    def _headers(self, request: Request, asker: Asker) -> dict[str, str]:
        scopes = (
            {"X-OAuth-Scopes": "admin:repo_hook, repo", "X-Accepted-OAuth-Scopes": "repo"}
            if asker.user and not asker.grant
            else {}
        )
        return {
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Request-Id": uuid.uuid4().hex.upper(),
            "X-GitHub-Api-Version-Selected": request.headers.get("x-github-api-version", API_VERSIONS[0]),
            "X-Accepted-GitHub-Permissions": self._endpoint.permission,
            "Vary": "Accept, Authorization, Cookie",
            **scopes,
        }


def _version(headers: Mapping[str, str]) -> str:
    version = headers.get("x-github-api-version", API_VERSIONS[0])
    if version not in API_VERSIONS:
        raise Refused(400, f'"{version}" is not a supported version of the REST API.')
    return version


def _encoded(body: Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()


def _content_type(reply: Reply) -> dict[str, str]:
    return {} if reply.body is None else {"Content-Type": "application/json; charset=utf-8"}


def _etag(raw: bytes) -> str:
    return f'W/"{hashlib.sha256(raw).hexdigest()}"'


def _limits(window: Window) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Used": str(window.used),
        "X-RateLimit-Reset": str(int(window.resets_at.timestamp())),
        "X-RateLimit-Resource": "core",
    }
