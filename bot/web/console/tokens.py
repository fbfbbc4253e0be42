"""Tokens: who may use the API and sign in, as what; made, shown once, and revoked."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from bot.tokens import TokenNameTaken
from bot.web.api.inputs import Id
from bot.web.api.tokens import TokenWanted, create_token, list_tokens, revoke_token
from bot.web.auth import Admin
from bot.web.auth.permits import Permit
from bot.web.console.rendering import Fields, Page, Shown, field, sentence
from services.domain.access import Role

router = APIRouter(include_in_schema=False)

_LIFETIMES = (("7", "a week"), ("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked"))


@router.get("/tokens")
def tokens_page(permit: Admin, page: Shown) -> Response:
    return _shown(permit, page)


@router.post("/tokens")
def make_token(permit: Admin, page: Shown, form: Fields) -> Response:
    given = {name: field(form, name, 200).strip() for name in ("name", "role", "project", "days")}
    try:
        wanted = TokenWanted.model_validate({name: value or None for name, value in given.items()})
        made = create_token(permit, wanted)
    except ValidationError:
        problem = "A name has letters, digits, and . _ - in it; a project is written as owner/name."
        return _shown(permit, page, problem=problem, given=given)
    except TokenNameTaken as error:
        return _shown(permit, page, problem=sentence(error), given=given)
    return _shown(permit, page, made=made.token)


@router.post("/tokens/{id}/revoke")
def revoke(permit: Admin, page: Shown, id: Id) -> Response:
    revoke_token(permit, id)
    return page.lead("/tokens", "The token is revoked, and so are sessions opened with it.")


def _shown(
    permit: Permit, page: Page, *, problem: str = "", made: str = "", given: dict[str, str] | None = None
) -> Response:
    tokens = list_tokens(permit).tokens
    return page.show(
        "tokens.html",
        code=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        section="operations",
        tokens=tokens[::-1],
        made=made,
        problem=problem,
        given=given or {"name": "", "role": "operator", "project": "", "days": "90"},
        roles=[role.value for role in Role],
        projects=permit.served,
        lifetimes=_LIFETIMES,
        now=permit.bot.clock.now(),
    )
