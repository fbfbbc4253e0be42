"""Signing in to the console and out of it: with a token, or with the link that the server prints at its start."""

from __future__ import annotations

import hmac
import secrets
import threading
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from bot.web.auth.cookies import FORM, FORM_SECONDS, new_id
from bot.web.auth.door import OPERATOR, Asker, Door
from bot.web.auth.permits import needs
from services.domain.access import Caller, Role

router = APIRouter(include_in_schema=False)

PATH = "/sign-in"


class SignInLink:
    """A link that signs in whoever opens it first. It is printed where only the operator reads."""

    def __init__(self) -> None:
        self._code: str | None = secrets.token_urlsafe(24)
        self._lock = threading.Lock()

    def url(self, base: str) -> str:
        return f"{base}{PATH}/link?{urlencode({'code': self._code or ''})}"

    def spend(self, code: str) -> bool:
        """True once, for the right code."""
        with self._lock:
            fits = self._code is not None and hmac.compare_digest(code.encode(), self._code.encode())
            if fits:
                self._code = None
            return fits


@router.get(PATH)
def sign_in_page(request: Request, next: str = "/") -> Response:
    return _page(request, next)


@router.post(PATH)
def sign_in(
    request: Request,
    token: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    door = door_of(request)
    door.refuse_other_sites(request.headers)
    form = door.cookies.read(request.headers, FORM)
    if form is None or not door.cookies.is_csrf(csrf, form):
        return _page(request, next, "The page was out of date. Try again.", HTTPStatus.FORBIDDEN)
    asker = door.by_token(token.strip())
    if asker is None:
        return _page(request, next, "This token opens nothing here.", HTTPStatus.UNAUTHORIZED)
    return signed_in(request, asker, next)


@router.get(f"{PATH}/link")
def sign_in_by_link(request: Request, code: str = "") -> Response:
    link: SignInLink | None = request.app.state.sign_in_link
    if link is None or not link.spend(code):
        return _page(request, "/", "This link was used already, or is of another start.", HTTPStatus.UNAUTHORIZED)
    return signed_in(request, Asker(Caller.of(OPERATOR, Role.ADMIN), "link"), "/")


@router.post("/sign-out", dependencies=[Depends(needs(Role.VIEWER))])
def sign_out(request: Request) -> Response:
    response = RedirectResponse(PATH, HTTPStatus.SEE_OTHER)
    door_of(request).sign_out(request.headers, response)
    return response


def door_of(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


def signed_in(request: Request, asker: Asker, target: str) -> Response:
    """On to the page they wanted, which has to be one of ours."""
    response = RedirectResponse(ours(target), HTTPStatus.SEE_OTHER)
    door_of(request).sign_in(request.headers, response, asker)
    return response


def ours(target: str) -> str:
    """A path of this server; anything that leads elsewhere becomes the first page."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_path else "/"


def _page(request: Request, target: str, problem: str = "", status: HTTPStatus = HTTPStatus.OK) -> Response:
    from bot.web.console.rendering import Page  # which needs what is signed in with

    cookies = door_of(request).cookies
    form = cookies.read(request.headers, FORM) or new_id()
    response = Page(request).show(
        "sign_in.html",
        code=status,
        problem=problem,
        csrf_of_form=cookies.csrf(form),
        next=ours(target),
        with_github=bool(request.app.state.phasebot.settings.github_client_id),
    )
    cookies.write(response, FORM, form, FORM_SECONDS)
    return response
