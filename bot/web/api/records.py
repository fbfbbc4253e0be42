"""`/api/deliveries` and `/api/outbox`: what came in and what goes out, and what an operator does about it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from bot.store.records import DeliveryRow
from bot.store.sql import END
from bot.web.api.inputs import OnlyProject
from bot.web.api.paging import Cursor, Limit, Next, after, cursor_of
from bot.web.api.shapes import Shape
from bot.web.auth import Admin
from bot.web.failures import Problem, documented

deliveries = APIRouter(prefix="/deliveries", tags=["deliveries"])
outbox = APIRouter(prefix="/outbox", tags=["outbox"])

Number = Annotated[int, Path(ge=1, le=2**53)]
DeliveryState = Literal["received", "resolved", "applied", "failed", "dead"]
SendingState = Literal["pending", "done", "dead", "dropped"]


class DeliveryShape(Shape):
    """Something that arrived: a webhook, a callback, an order, a report."""

    seq: int
    id: str
    source: str
    event: str
    state: DeliveryState
    tries: int
    error: str
    received_at: datetime
    retry_at: datetime | None
    size: int = Field(description="Bytes of its body")


class DeliveryDetail(DeliveryShape):
    """One in full."""

    headers: dict[str, str]
    body: str
    messages: list[dict[str, Any]] | None = Field(description="What it means; null until that is known")


class Deliveries(Shape):
    """Deliveries, the newest first."""

    deliveries: list[DeliveryShape]
    next: Next = None


class SendingShape(Shape):
    """An effect in the outbox: pending (from `retry_at` on), done, dead (given up), or dropped."""

    id: int
    key: str
    project: str
    plan: str
    kind: str
    state: SendingState
    tries: int
    error: str
    created_at: datetime
    retry_at: datetime | None
    effect: dict[str, Any]


class Outbox(Shape):
    """Effects, the newest first."""

    effects: list[SendingShape]
    next: Next = None


@deliveries.get("")
def list_deliveries(
    permit: Admin,
    state: DeliveryState | None = None,
    source: Annotated[str | None, Query(pattern=r"^[a-z_]{1,20}$", description="github, order, self, …")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Deliveries:
    """What arrived. Takes the role in all projects, because what a delivery is about is known only once it is understood."""
    permit.require()
    (before,) = after(cursor, int) or (END,)
    found = permit.bot.store.records.deliveries(state=state, source=source, before=before, limit=limit)
    shown = [DeliveryShape.model_validate(one) for one in found]
    return Deliveries(deliveries=shown, next=cursor_of((found[-1].seq,)) if len(found) == limit else None)


@deliveries.get("/{seq}", responses=documented(404))
def show_delivery(permit: Admin, seq: Number) -> DeliveryDetail:
    """One delivery with its payload, and what it means."""
    permit.require()
    return _detail(permit.bot.store.records.delivery(seq))


@deliveries.post("/{seq}/replay", responses=documented(404, 409))
def replay_delivery(permit: Admin, seq: Number) -> DeliveryDetail:
    """Have it understood and applied once more. What it has caused already is not done twice."""
    permit.require()
    records = permit.bot.store.records
    records.delivery(seq)
    if not records.replay(seq):
        raise Problem(HTTPStatus.CONFLICT, "still_on_its_way", f"delivery {seq} has not been applied yet")
    permit.bot.resolver.wake()
    permit.bot.loop.look()
    return _detail(records.delivery(seq))


def _detail(row: DeliveryRow) -> DeliveryDetail:
    shape = DeliveryShape.model_validate(row).model_dump()
    text = row.body.decode("utf-8", "replace")
    return DeliveryDetail(**shape, headers=dict(row.headers or {}), body=text, messages=row.messages)


@outbox.get("")
def list_outbox(
    permit: Admin,
    project: OnlyProject = None,
    state: SendingState | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Outbox:
    """What is on its way to executors and issues, was done, or was given up."""
    (before,) = after(cursor, int) or (END,)
    found = permit.bot.store.records.sendings(
        project=project, state=state, projects=permit.projects, before=before, limit=limit
    )
    seen = [SendingShape.model_validate(one) for one in found if permit.caller.may(permit.role, one.project)]
    return Outbox(effects=seen, next=cursor_of((found[-1].id,)) if len(found) == limit else None)


@outbox.get("/{id}", responses=documented(404))
def show_effect(permit: Admin, id: Number) -> SendingShape:
    """One effect."""
    found = permit.bot.store.records.sending(id)
    permit.see(found.project, f"there is no effect {id} in the outbox")
    return SendingShape.model_validate(found)


@outbox.post("/{id}/retry", responses=documented(404, 409))
def retry_effect(permit: Admin, id: Number) -> SendingShape:
    """Have a dead letter sent again."""
    show_effect(permit, id)
    if not permit.bot.store.records.retry(id):
        raise _not_dead(id)
    permit.bot.carrier.take_over()
    return show_effect(permit, id)


@outbox.post("/{id}/drop", responses=documented(404, 409))
def drop_effect(permit: Admin, id: Number) -> SendingShape:
    """Let a dead letter be: it is not sent any more."""
    show_effect(permit, id)
    if not permit.bot.store.records.drop(id):
        raise _not_dead(id)
    return show_effect(permit, id)


def _not_dead(id: int) -> Problem:
    message = f"effect {id} was not given up: only a dead letter is sent again or dropped"
    return Problem(HTTPStatus.CONFLICT, "not_given_up", message)
