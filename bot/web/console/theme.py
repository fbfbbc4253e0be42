"""The theme: light or dark, kept in a cookie of the reader's own; without one, as their system has it."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.web.auth.permits import needs
from bot.web.console.rendering import THEME, THEMES, Fields, Shown, field
from services.domain.access import Role

router = APIRouter(include_in_schema=False)

_SECONDS = 365 * 24 * 3600


@router.post("/theme", dependencies=[Depends(needs(Role.VIEWER))])
def choose_theme(request: Request, page: Shown, form: Fields) -> Response:
    """`theme` is one of them; anything else is the other one than now, taking light for what there is without a choice."""
    wanted = field(form, "theme", 10)
    if wanted not in THEMES:
        wanted = "light" if request.cookies.get(THEME) == "dark" else "dark"
    response = page.lead(field(form, "back") or "/")
    response.set_cookie(THEME, wanted, max_age=_SECONDS, path="/", httponly=True, samesite="lax")
    return response
