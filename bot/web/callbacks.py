"""Callbacks of CI: a job says how it went, and proves who it is by its identity token, by a ticket that counts once, or by our
webhook's secret."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Literal

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, ValidationError

from bot.callbacks import Callback, Forged, NotConfigured
from bot.github.signature import is_signed
from bot.tokens import CI_TICKET
from bot.web.bodies import read_body
from bot.web.bot import Bot
from bot.web.failures import Problem, documented, unreadable
from services.ports import Delivery

log = structlog.get_logger()
router = APIRouter(prefix="/webhooks", tags=["webhooks"])

LARGEST = 64 * 1024
_PATIENCE = 9.0
_DOTS_OF_A_JWT = 2


class Reported(BaseModel):
    """What became of a callback."""

    status: Literal["accepted", "duplicate"] = Field(description="accepted: stored; duplicate: it was here already")


@router.post("/ci", status_code=HTTPStatus.ACCEPTED, responses=documented(400, 401, 404, 408, 413, 503))
async def ci(request: Request, bot: Bot) -> Reported:
    """Take in what CI says of an attempt. 202 means that it is stored and will not be lost."""
    token, signature = _token(request), request.headers.get("x-hub-signature-256", "")
    if not token and not signature.startswith("sha256="):
        message = "neither an identity token nor a ticket nor a signature came along"
        raise Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", message)
    body = await read_body(request, LARGEST)
    if not token and not is_signed(body, signature, bot.hooks.secrets()):
        raise Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", "the signature does not fit the body and our secret")
    said = _said(body)
    try:
        delivery = await run_in_threadpool(_understood, bot, token, body, said)
    except Forged as error:
        log.warning("callback_forged", reason=str(error))
        raise Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", f"this token is not accepted: {error}") from None
    except NotConfigured as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, error.code, error.message, details={"fix": error.fix}) from None
    return Reported(status="accepted" if await is_new(bot, delivery) else "duplicate")


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    is_one = token.count(".") == _DOTS_OF_A_JWT or token.strip().startswith(CI_TICKET)
    return token.strip() if scheme.lower() == "bearer" and is_one else ""


def _said(body: bytes) -> Callback:
    try:
        return Callback.model_validate_json(body)
    except ValidationError as error:
        raise unreadable("the callback cannot be read", error) from None


def _understood(bot: Bot, token: str, body: bytes, said: Callback) -> Delivery:
    if not token:
        return bot.callbacks.by_signature(body, said)
    if token.startswith(CI_TICKET):
        return bot.callbacks.by_ticket(token, body, said)
    return bot.callbacks.by_token(token, said)


async def is_new(bot: Bot, delivery: Delivery) -> bool:
    """Store it. False if it was here already. Raises Problem."""
    try:
        async with asyncio.timeout(_PATIENCE):
            (receipt,) = await asyncio.wrap_future(bot.receive(delivery))
    except TimeoutError:
        message = "the callback could not be stored in time; send it again"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "try_again", message) from None
    return receipt.accepted
