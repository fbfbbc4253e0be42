"""`/api/tokens`: who may use this API, in which project, and as what."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.intake import new_id
from bot.tokens import NAME, Token, digest, new_secret
from bot.web.api.inputs import LONGEST_REPOSITORY, REPOSITORY, Id
from bot.web.api.paging import Cursor, Limit, Next, page_of
from bot.web.api.shapes import Shape
from bot.web.auth import Admin
from bot.web.failures import documented
from services.domain.access import Role
from services.domain.errors import NotFound

router = APIRouter(prefix="/tokens", tags=["tokens"])

_EXAMPLE: dict[str, Any] = {"name": "ci", "role": "operator", "project": "acme/site", "days": 90}


class TokenWanted(BaseModel):
    """A token that is to be made."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    name: str = Field(pattern=f"^{NAME.pattern}$", description="For the audit trail; each name only once")
    role: Role
    project: Annotated[str, Field(pattern=REPOSITORY, max_length=LONGEST_REPOSITORY)] | None = Field(
        None, description="As owner/name; null: all"
    )
    days: int | None = Field(None, ge=1, le=3650, description="How long it is good for; null: until it is revoked")


class TokenShape(Shape):
    """A token, without the token itself, which is kept nowhere."""

    id: str
    name: str
    role: Role
    project: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None = Field(description="When it was last used, to within minutes")


class TokenMade(TokenShape):
    """A new token. `token` is shown this once."""

    token: str


class Tokens(Shape):
    """All tokens there ever were, oldest first."""

    tokens: list[TokenShape]
    next: Next = None


@router.get("")
def list_tokens(permit: Admin, cursor: Cursor = None, limit: Limit = 1000) -> Tokens:
    """The tokens that the asker could have made: an administrator of one project sees that project's."""
    tokens = permit.bot.store.credentials.tokens()
    seen = [one for one in tokens if permit.caller.may(Role.ADMIN, *_place(one.project))]
    page, next = page_of(seen, lambda one: one.id, cursor, limit)
    return Tokens(tokens=[TokenShape.model_validate(one) for one in page], next=next)


@router.post("", status_code=HTTPStatus.CREATED, responses=documented(400, 404, 409))
def create_token(permit: Admin, wanted: TokenWanted) -> TokenMade:
    """Make a token. Nobody can make one for more than they may do themselves."""
    if wanted.project is None:
        permit.require()
    else:
        permit.project(wanted.project)
    secret, now = new_secret(), permit.bot.clock.now()
    token = Token(
        id=new_id(),
        name=wanted.name,
        role=wanted.role,
        project=wanted.project,
        created_at=now,
        created_by=permit.who,
        expires_at=now + timedelta(days=wanted.days) if wanted.days else None,
    )
    permit.bot.store.credentials.add_token(token, digest(secret))
    return TokenMade(token=secret, **TokenShape.model_validate(token).model_dump())


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
def revoke_token(permit: Admin, id: Id) -> Response:
    """It is refused from now on, and so are sessions opened with it."""
    known = {one.id: one for one in permit.bot.store.credentials.tokens()}
    if (token := known.get(id)) is None or not permit.caller.may(Role.ADMIN, *_place(token.project)):
        raise NotFound(f"there is no token {id}")
    permit.bot.store.credentials.revoke_token(id, permit.bot.clock.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _place(project: str | None) -> tuple[str, ...]:
    return (project,) if project else ()
