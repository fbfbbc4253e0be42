"""Webhooks from GitHub: verified over the raw bytes, stored, then answered. What they mean is found out later.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
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

_AT_ONCE = 64 * 1024
"""Bytes that are verified and parsed in between; more is done in another thread."""

_OBJECT = SchemaValidator(core_schema.typed_dict_schema({}, extra_behavior="ignore"))

P = ParamSpec("P")
T = TypeVar("T")

_HEADER = re.compile(rb"[\x21-\x7e]{1,100}")


Status = Literal["accepted", "duplicate", "ignored", "pong"]


class Taken(BaseModel):
    """What became of a delivery."""

    status: Status = Field(
        description="accepted: stored; duplicate: it was here already; ignored: no event that we listen to"
    )


ANSWERS: dict[Status, bytes] = {status: Taken(status=status).model_dump_json().encode() for status in get_args(Status)}
"""Written once: thousands a second are the same."""

Headers = Mapping[bytes, bytes]
"""By their lower-case names, as they came."""

_counter = cache(metrics.webhooks.labels)


@router.post(
    "/github", status_code=HTTPStatus.ACCEPTED, response_model=Taken, responses=documented(400, 401, 408, 413, 503)
)
async def github(request: Request) -> Response:
    """Take in one delivery of a webhook. 202 means that it is stored and will not be lost."""
    desk: Desk = request.app.state.desk
    return Response(ANSWERS[await desk.take(request)], HTTPStatus.ACCEPTED, media_type="application/json")


class Desk:
    """Where deliveries are taken in."""

    def __init__(self, bot: Phasebot) -> None:
        self._bot = bot
        self._gathering = Gathering(bot.receive)

    async def take(self, request: Request) -> Status:
        """It is stored when this returns, or of no interest. Raises Problem, ClientDisconnect, StorageUnavailable."""
        try:
            event, status = await self._take(request)
        except Problem as problem:
            log.warning("webhook_refused", reason=problem.type, status=int(problem.status))
            metrics.webhooks.labels("unknown", problem.type).inc()
            raise
        _counter(event, status).inc()
        return status

    async def _take(self, request: Request) -> tuple[str, Status]:
        headers: Headers = dict(request.scope["headers"])
        body = await _verified_body(request, headers, self._bot.hooks.secrets())
        event, id = _header(headers, b"x-github-event"), _header(headers, b"x-github-delivery")
        payload = await _payload(body, headers.get(b"content-type", b""))
        if event not in READERS:
            log.info("webhook_ignored", webhook=event, delivery=id)
            return "other", "pong" if event == "ping" else "ignored"
        delivery = Delivery(
            id=f"github/{id}", source="github", event=event, body=payload, received_at=self._bot.clock.now()
        )
        return event, "accepted" if await self._is_new(delivery) else "duplicate"

    async def _is_new(self, delivery: Delivery) -> bool:
        """Store the delivery, together with whatever else arrives at this moment. False if it was here already."""
        try:
            return await self._gathering.is_new(delivery)
        except TimeoutError:
            message = "the delivery could not be stored in time; send it again"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "try_again", message) from None


async def _verified_body(request: Request, headers: Headers, secrets: Sequence[bytes]) -> bytes:
    """The raw bytes, signed with one of our secrets. Raises Problem; what is not signed at all is not even read."""
    if not secrets:
        message = "this server has no webhook secret: set PHASEBOT_WEBHOOK_SECRET here and at the hook"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "webhooks_not_configured", message)
    signature = headers.get(b"x-hub-signature-256", b"")
    if not signature.startswith(b"sha256="):
        raise _unsigned("the header X-Hub-Signature-256 is missing or is no SHA-256 signature")
    body = await read_body(request, LARGEST)
    if not await _in_its_place(is_signed, body, signature.decode("latin-1"), secrets):
        raise _unsigned("the signature does not fit the body and our secret")
    return body


def _unsigned(message: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "signature_invalid", message)


def _header(headers: Headers, name: bytes) -> str:
    value = headers.get(name, b"")
    if not _HEADER.fullmatch(value):
        message = f"the header {name.decode()} is missing or cannot be used"
        raise Problem(HTTPStatus.BAD_REQUEST, "header_invalid", message)
    return value.decode()


async def _payload(body: bytes, content_type: bytes) -> bytes:
    """The payload as JSON, out of the form it may have come in. Raises Problem for anything but an object."""
    read = _json_object if content_type.partition(b";")[0].strip() != _FORM else _form_field
    return await _in_its_place(read, body)


async def _in_its_place(work: Callable[Concatenate[bytes, P], T], body: bytes, *rest: P.args, **named: P.kwargs) -> T:
    """Right here what takes no time, beside other requests what takes long."""
    if len(body) <= _AT_ONCE:
        return work(body, *rest, **named)
    return await run_in_threadpool(work, body, *rest, **named)


_FORM = b"application/x-www-form-urlencoded"


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
