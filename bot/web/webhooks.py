"""Webhooks from GitHub: verified over the raw bytes, stored, then answered. What they mean is found out later.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Concatenate, Literal, ParamSpec, TypeVar, get_args
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from pydantic_core import SchemaValidator, ValidationError, core_schema

from bot import metrics
from bot.bootstrap import Phasebot
from bot.github.events import READERS
from bot.github.signature import is_signed
from bot.web.bodies import read_body
from bot.web.failures import Problem, documented
from bot.web.gathering import Gathering
from services.ports import Delivery

log = structlog.get_logger()
router = APIRouter(prefix="/webhooks", tags=["webhooks"])

LARGEST = 25 * 1024 * 1024
"""GitHub sends no larger payload."""

_GITHUB_WAITS = 9.0
"""Seconds. GitHub gives up after ten; an answer before that lets it be sent again."""

_AT_ONCE = 64 * 1024
"""Bytes that are verified and parsed in between; more is done in another thread."""

_OBJECT = SchemaValidator(core_schema.typed_dict_schema({}, extra_behavior="ignore"))

P = ParamSpec("P")
T = TypeVar("T")

_HEADER = re.compile(r"[\x21-\x7e]{1,100}")


Status = Literal["accepted", "duplicate", "ignored", "pong"]


class Taken(BaseModel):
    """What became of a delivery."""

    status: Status = Field(
        description="accepted: stored; duplicate: it was here already; ignored: no event that we listen to"
    )


_ANSWERS: dict[Status, str] = {status: Taken(status=status).model_dump_json() for status in get_args(Status)}
"""Written once: thousands a second are the same."""


@router.post(
    "/github", status_code=HTTPStatus.ACCEPTED, response_model=Taken, responses=documented(400, 401, 408, 413, 503)
)
async def github(request: Request) -> Response:
    """Take in one delivery of a webhook. 202 means that it is stored and will not be lost."""
    try:
        return Response(_ANSWERS[await _take(request)], HTTPStatus.ACCEPTED, media_type="application/json")
    except Problem as problem:
        log.warning("webhook_refused", reason=problem.type, status=int(problem.status))
        metrics.webhooks.labels("unknown", problem.type).inc()
        raise


async def _take(request: Request) -> Status:
    bot: Phasebot = request.app.state.phasebot
    body = await _verified_body(request, bot.hooks.secrets())
    event, id = _header(request, "x-github-event"), _header(request, "x-github-delivery")
    payload = await _payload(body, request.headers.get("content-type", ""))
    if event not in READERS:
        log.info("webhook_ignored", webhook=event, delivery=id)
        return _taken("other", "pong" if event == "ping" else "ignored")
    delivery = Delivery(id=f"github/{id}", source="github", event=event, body=payload, received_at=bot.clock.now())
    return _taken(event, "accepted" if await _is_new(request, delivery) else "duplicate")


def _taken(event: str, status: Status) -> Status:
    metrics.webhooks.labels(event, status).inc()
    return status


async def _verified_body(request: Request, secrets: Sequence[bytes]) -> bytes:
    """The raw bytes, signed with one of our secrets. Raises Problem; what is not signed at all is not even read."""
    if not secrets:
        message = "this server has no webhook secret: set PHASEBOT_WEBHOOK_SECRET here and at the hook"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "webhooks_not_configured", message)
    signature = request.headers.get("x-hub-signature-256", "")
    if not signature.startswith("sha256="):
        raise _unsigned("the header X-Hub-Signature-256 is missing or is no SHA-256 signature")
    body = await read_body(request, LARGEST)
    if not await _in_its_place(is_signed, body, signature, secrets):
        raise _unsigned("the signature does not fit the body and our secret")
    return body


def _unsigned(message: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "signature_invalid", message)


def _header(request: Request, name: str) -> str:
    value = request.headers.get(name, "")
    if not _HEADER.fullmatch(value):
        raise Problem(HTTPStatus.BAD_REQUEST, "header_invalid", f"the header {name} is missing or cannot be used")
    return value


async def _payload(body: bytes, content_type: str) -> bytes:
    """The payload as JSON, out of the form it may have come in. Raises Problem for anything but an object."""
    read = _json_object if content_type.partition(";")[0].strip() != _FORM else _form_field
    return await _in_its_place(read, body)


async def _in_its_place(work: Callable[Concatenate[bytes, P], T], body: bytes, *rest: P.args, **named: P.kwargs) -> T:
    """Right here what takes no time, beside other requests what takes long."""
    if len(body) <= _AT_ONCE:
        return work(body, *rest, **named)
    return await run_in_threadpool(work, body, *rest, **named)


_FORM = "application/x-www-form-urlencoded"


def _form_field(body: bytes) -> bytes:
    """https://docs.github.com/en/webhooks/using-webhooks/creating-webhooks: the JSON is in the field `payload`."""
    fields = dict(parse_qsl(body, max_num_fields=10)) if body.count(b"&") < 10 else {}
    return _json_object(fields.get(b"payload", b""))


def _json_object(body: bytes) -> bytes:
    """Read to its end, but nothing is made of it."""
    try:
        _OBJECT.validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        if problem["type"] != "json_invalid":
            raise _unreadable("the payload is JSON, but no object") from None
        raise _unreadable(f"the payload is not JSON: {problem['ctx']['error']}") from None
    return body


def _unreadable(message: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "payload_invalid", message)


async def _is_new(request: Request, delivery: Delivery) -> bool:
    """Store the delivery, together with whatever else arrives at this moment. False if it was here already."""
    try:
        async with asyncio.timeout(_GITHUB_WAITS):
            gathering: Gathering = request.app.state.gathering
            return await gathering.is_new(delivery)
    except TimeoutError:
        message = "the delivery could not be stored in time; send it again"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "try_again", message) from None
