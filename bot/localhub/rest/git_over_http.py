"""Git over HTTP: fetching from and pushing to the repository beside the tracker's, with the tokens of the API as passwords.

https://git-scm.com/docs/http-protocol
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.localhub.problems import Refused, archived, needs_authentication
from bot.localhub.rest.admission import asking
from bot.localhub.rest.call import Asker
from bot.localhub.values import Repository, Role

if TYPE_CHECKING:
    from bot.localhub.hub import Hub

_PUSH = "git-receive-pack"


def git_route(hub: Hub) -> Route:
    async def answer(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, hub, request, body)

    return Route("/{owner}/{repo}.git/{path:path}", answer, methods=["GET", "POST"])


def _answer(hub: Hub, request: Request, body: bytes) -> Response:
    is_push = _PUSH in (request.path_params["path"], request.query_params.get("service"))
    try:
        asker = asking(hub, request.headers.get("authorization"))
        repository = _allowed(hub, request, asker, is_push=is_push)
    except Refused as refusal:
        challenge = {"WWW-Authenticate": 'Basic realm="localhub"'} if refusal.status == 401 else {}
        return Response(refusal.message, refusal.status, challenge)
    answer = _parsed(hub.pulls.git(repository).serve(_environ(request, body, asker), body))
    if is_push and request.method == "POST" and asker.user is not None:
        hub.pulls.look(repository, asker.user)
    return answer


def _allowed(hub: Hub, request: Request, asker: Asker, *, is_push: bool) -> Repository:
    """Whoever may not see it is asked who they are first, as with any private repository."""
    if asker.user is None and (is_push or asker.app is not None):
        raise needs_authentication()
    try:
        repository = hub.repositories.seen_by(
            f"{request.path_params['owner']}/{request.path_params['repo']}", asker.user
        )
    except Refused as refusal:
        raise refusal if asker.user else needs_authentication() from None
    if is_push and asker.user is not None:
        hub.repositories.demand(repository, asker.user, Role.WRITE)
    needed = "contents=write" if is_push else "contents=read"
    if asker.grant and (repository.id not in asker.grant.repository_ids or not asker.grant.allows(needed)):
        raise Refused(403, "Resource not accessible by integration")
    if is_push and repository.archived:
        raise archived()
    return repository


def _environ(request: Request, body: bytes, asker: Asker) -> dict[str, str]:
    return {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": f"/{request.path_params['path']}",
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": asker.name,
    }


def _parsed(told: bytes) -> Response:
    """A CGI answer: headers, an empty line, the body."""
    head, _, body = told.partition(b"\r\n\r\n")
    headers = dict(line.decode("latin-1").split(": ", 1) for line in head.split(b"\r\n") if b": " in line)
    status = headers.pop("Status", "200").partition(" ")[0]
    return Response(body, int(status), headers)
