"""Rendering: from templates to pages, each with what its frame needs: who reads it, their theme, what was just said to them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator, Callable
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.markup import rendered
from bot.web.auth.cookies import Cookies
from bot.web.auth.door import Asker, Door
from bot.web.auth.permits import Permit
from bot.web.auth.sign_in import ours
from bot.web.console import words
from bot.web.console.assets import asset
from bot.web.failures import Problem
from bot.web.forms import read_form
from services.commands.orders import CommandInvalid
from services.domain.access import Role
from services.domain.errors import TransientError, UserError
from services.publishing.quiet import clean

THEME = "phasebot_theme"
THEMES = ("light", "dark")
_SAID = "phasebot_said"
_LONGEST_SAID = 600
_EXPECTED = frozenset({CommandInvalid.code, "plan_invalid", "request_invalid"})
"""What people can put right where they are."""

Tone = Literal["good", "bad"]


@cache
def templates() -> Environment:
    found = Environment(
        loader=PackageLoader("bot.web.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(asset=asset, priorities=words.PRIORITIES, hasattr=hasattr)
    found.filters.update(
        when=words.when,
        duration=words.duration,
        status=words.status,
        priority=words.priority,
        count=words.count,
        size=words.size,
        cap=words.capitalized,
        ticks=words.ticks,
        markdown=_markdown,
    )
    return found


def _markdown(text: str) -> Markup:
    return rendered(clean(text), "")


class Page:
    """What a route is given to answer with a page, or to lead on to one."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._asker: Asker | None = getattr(request.state, "asker", None)
        self._door: Door = request.app.state.door

    def show(self, template: str, *, code: HTTPStatus = HTTPStatus.OK, **values: Any) -> HTMLResponse:
        """`values` are those of the template itself."""
        said = _heard(self._door.cookies, self.request)
        html = templates().get_template(template).render(**self._frame(), said=said, **values)
        response = HTMLResponse(html, code)
        if said:
            self._door.cookies.drop(response, _SAID)
        return response

    def _frame(self) -> dict[str, Any]:
        theme = self.request.cookies.get(THEME, "")
        caller = self._asker.caller if self._asker else None
        return {
            "who": caller.who if caller else "",
            "is_admin": bool(caller and caller.may_somewhere(Role.ADMIN)),
            "is_operator": bool(caller and caller.may_somewhere(Role.OPERATOR)),
            "sees_all": bool(caller and caller.may(Role.ADMIN)),
            "csrf": self._door.cookies.csrf(self._asker.session) if self._asker and self._asker.session else "",
            "theme": theme if theme in THEMES else "",
            "path": self.request.url.path,
            "here": f"{self.request.url.path}{'?' if self.request.url.query else ''}{self.request.url.query}",
        }

    def lead(self, target: str, said: str = "", tone: Tone = "good") -> Response:
        """On to another page of ours, with a sentence that it shows once."""
        response = RedirectResponse(ours(target), HTTPStatus.SEE_OTHER)
        if said:
            packed = json.dumps([tone, said[:_LONGEST_SAID]]).encode()
            self._door.cookies.write(response, _SAID, base64.urlsafe_b64encode(packed).decode().rstrip("="), 60)
        return response

    def trying(self, target: str, attempt: Callable[[], str]) -> Response:
        """Lead on to a page that says what was done, or why not; what is not there, or not allowed, is an error page."""
        try:
            return self.lead(target, attempt())
        except Problem as problem:
            if problem.status is not HTTPStatus.CONFLICT and problem.type not in _EXPECTED:
                raise
            return self.lead(target, words.capitalized(problem.message), "bad")


async def _page(request: Request) -> Page:
    return Page(request)


Shown = Annotated[Page, Depends(_page)]
"""The type of a route's parameter that receives it."""


async def _form(request: Request) -> AsyncIterator[FormData]:
    """The fields that were sent; none where something else was. Its files are gone once it is answered."""
    form = await read_form(request)
    try:
        yield form
    finally:
        await form.close()


Fields = Annotated[FormData, Depends(_form)]


def field(form: FormData, name: str, longest: int = 4000) -> str:
    """A text field, at most so long; empty where there is none. Raises Problem for NUL, which no database keeps."""
    value = form.get(name, "")
    text = value if isinstance(value, str) else ""
    if "\0" in text:
        raise Problem(HTTPStatus.BAD_REQUEST, "form_invalid", f"the field {name} has to be text, without NUL")
    return text[:longest].replace("\r\n", "\n")


def _heard(cookies: Cookies, request: Request) -> tuple[str, str] | None:
    """What was said by the page before."""
    packed = cookies.read(request.headers, _SAID)
    if not packed:
        return None
    try:
        tone, said = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except (binascii.Error, ValueError):
        return None
    return (str(tone), str(said))


def may(permit: Permit, role: Role, project: str) -> bool:
    """For buttons: shown only to those for whom they work."""
    return permit.caller.may(role, project)


def sentence(error: UserError | TransientError) -> str:
    """An error with its place and the way out, as far as it has them. Places are written as they are."""
    if isinstance(error, TransientError):
        return f"{words.capitalized(str(error))}."
    message = f"{error.where}: {error.message}" if error.where else words.capitalized(error.message)
    return f"{message}. {error.fix}".rstrip() if error.fix else f"{message}."
