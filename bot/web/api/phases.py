"""`/api/phases`: one phase with its attempts, and the orders it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.callbacks import TICKET
from bot.executors.attempt_log import log_path
from bot.store.views import QueueItem
from bot.web.api.inputs import Id
from bot.web.api.logs import TAIL, Offset, Size, part_of
from bot.web.api.orders import (
    PHASE_VERBS,
    IfMatch,
    OrderText,
    PriorityText,
    meant_for,
    order,
    version_wanted,
)
from bot.web.api.shapes import Attempts, LogPart, PhaseDetail, Shape
from bot.web.api.showing import attempt, phase_detail
from bot.web.auth import Operator, Viewer
from bot.web.auth.permits import Permit
from bot.web.failures import Problem, documented
from services.commands.spec import PRIORITY
from services.coordinator.reason_words import in_words
from services.domain.attempts import Attempt
from services.domain.errors import NotFound
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.transitions import PhaseState

router = APIRouter(prefix="/phases", tags=["phases"])


@router.get("/{id}", responses=documented(404))
def show_phase(permit: Viewer, response: Response, id: Id) -> PhaseDetail:
    """One phase in full; `id` is its `queue_id`. The `ETag` is the version of its plan."""
    detail = phase_detail(permit, permit.item(id))
    response.headers["etag"] = f'"{detail.plan_version}"'
    return detail


@router.get("/{id}/attempts", responses=documented(404))
def list_attempts(permit: Viewer, id: Id) -> Attempts:
    """All executions of a phase, oldest first."""
    item = permit.item(id)
    return Attempts(attempts=[attempt(one) for one in permit.bot.store.views.attempts(item.queue_id)])


@router.get("/{id}/attempts/{number}/log", responses=documented(404))
def show_log(
    permit: Viewer,
    id: Id,
    number: Annotated[int, Path(ge=1, le=1_000_000, description="Which attempt")],
    offset: Offset = None,
    limit: Size = TAIL,
) -> LogPart:
    """The output kept of an attempt, without secrets. To follow it, ask again with `offset` = the `next` of before."""
    item = permit.item(id)
    return log_of(permit, item, permit.attempt(item, number), offset, limit)


def log_of(permit: Permit, item: QueueItem, of: Attempt, offset: int | None, size: int) -> LogPart:
    path = log_path(permit.bot.settings.log_dir, item.plan_id, item.phase_key, of.fence)
    return part_of(path, offset, size, is_live=of.state.is_live)


# ---------------------------------------------------------------- tickets


class TicketText(BaseModel):
    """For how long a ticket is to be good."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"seconds": 3600}]})

    seconds: int = Field(int(TICKET.total_seconds()), ge=60, le=7 * 24 * 3600)


class TicketShape(Shape):
    """What lets a job say once how the attempt went. It is shown this once."""

    ticket: str = Field(
        description="For `Authorization: Bearer` at `POST /webhooks/ci`, or PHASEBOT_TICKET of `report.sh`"
    )
    attempt: int = Field(
        description="The number of the attempt that it speaks for, as long as that, or the verdict on it, is open"
    )
    expires_at: datetime


@router.post("/{id}/ticket", name="make_ticket", responses=documented(400, 404, 409))
def make_ticket(permit: Operator, id: Id, text: TicketText | None = None) -> TicketShape:
    """A ticket for CI that has neither an identity token nor the webhook's secret: for the attempt that is under way."""
    item, bot = permit.item(id), permit.bot
    good_for, now = timedelta(seconds=(text or TicketText()).seconds), bot.clock.now()
    phase = _phase(permit.plan(item.plan_id), item)
    under_way = phase.attempt
    if under_way is None or not under_way.state.is_in_flight:
        raise Problem(HTTPStatus.CONFLICT, "order_refused", "nothing of this phase is under way")
    ticket = bot.callbacks.ticket(item.plan_id, item.phase_key, under_way.fence, good_for=good_for)
    return TicketShape(ticket=ticket, attempt=under_way.number, expires_at=now + good_for)


# ---------------------------------------------------------------- orders


def _ordering(verb: str) -> Callable[..., PhaseDetail]:
    def give_order(permit: Operator, id: Id, text: OrderText | None = None, if_match: IfMatch = None) -> PhaseDetail:
        text = text or OrderText()
        item = permit.item(id)
        version = version_wanted(if_match, text.version)
        plan = meant_for(permit, item.plan_id, version)
        order(permit, verb, plan, _phase(plan, item), version, argument=text.argument_of(verb))
        return phase_detail(permit, permit.item(id))

    return give_order


def _phase(plan: Plan, item: QueueItem) -> Phase:
    """Raises NotFound for one that was removed at this moment."""
    phase = plan.phases.get(item.phase_key)
    if phase is None:
        raise NotFound(f"there is no phase {item.queue_id} in the queue")
    return phase


for verb in PHASE_VERBS:
    router.add_api_route(
        f"/{{id}}/{verb.name}",
        _ordering(verb.name),
        methods=["POST"],
        name=f"{verb.name}_phase",
        description=verb.help,
        responses=documented(400, 404, 409),
    )


@router.post("/{id}/run", name="run_phase", responses=documented(400, 404, 409))
def run_phase(permit: Operator, id: Id, text: OrderText | None = None, if_match: IfMatch = None) -> PhaseDetail:
    """Have the phase run: begin its plan, or try it again if it failed or was given up. 409 says why it cannot run now."""
    item = permit.item(id)
    version = version_wanted(if_match, text.version if text else None)
    plan = meant_for(permit, item.plan_id, version)
    phase = _phase(plan, item)
    if plan.state is PlanState.PLANNED:
        order(permit, "start", plan, None, version)
    elif phase.state is not PhaseState.WAITING:
        order(permit, "retry", plan, phase, version)
    elif phase.status is not QueueStatus.READY and (reason := permit.bot.answers.why(plan, phase)):
        words = in_words(plan, reason, permit.bot.clock.now())
        details = {"reason": reason.code.value}
        raise Problem(HTTPStatus.CONFLICT, "order_refused", words, details=details)
    return phase_detail(permit, permit.item(id))


@router.post("/{id}/priority", name="prioritize_phase", responses=documented(400, 404, 409))
def prioritize_phase(permit: Operator, id: Id, text: PriorityText, if_match: IfMatch = None) -> PhaseDetail:
    """Change how urgent a phase is."""
    item = permit.item(id)
    version = version_wanted(if_match, text.version)
    plan = meant_for(permit, item.plan_id, version)
    order(permit, PRIORITY, plan, _phase(plan, item), version, argument=str(text.priority))
    return phase_detail(permit, permit.item(id))
