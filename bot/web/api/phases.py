"""`/api/phases`: one phase with its attempts, and the orders it takes."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from bot.store.views import QueueItem
from bot.web.api.inputs import Id
from bot.web.api.orders import (
    PHASE_VERBS,
    OrderText,
    described,
    give,
    new_cause,
    refuse_stale,
)
from bot.web.api.shapes import PhaseDetail, phase_detail
from bot.web.auth import Operator, Viewer
from bot.web.failures import documented
from services.domain.messages import PhaseOrder, RejectPhase

router = APIRouter(prefix="/phases", tags=["phases"])


@router.get("/{id}", responses=documented(404))
def show_phase(permit: Viewer, id: Id) -> PhaseDetail:
    """One phase in full; `id` is its `queue_id`."""
    return phase_detail(permit.bot, permit.item(id))


def _ordering(kind: type[PhaseOrder]) -> Callable[[Operator, str, OrderText | None], PhaseDetail]:
    def order(permit: Operator, id: Id, text: OrderText | None = None) -> PhaseDetail:
        item = permit.item(id)
        text = text or OrderText()
        refuse_stale(permit.plan(item.plan_id), text.version)
        give(permit.bot, _message(kind, item, text.why, by=permit.who))
        return phase_detail(permit.bot, permit.item(id))

    return order


def _message(kind: type[PhaseOrder], item: QueueItem, why: str, *, by: str) -> PhaseOrder:
    if kind is RejectPhase:
        return RejectPhase(plan=item.plan_id, phase=item.phase_key, cause=new_cause(), by=by, why=why)
    return kind(plan=item.plan_id, phase=item.phase_key, cause=new_cause(), by=by)


for verb, kind in PHASE_VERBS.items():
    router.add_api_route(
        f"/{{id}}/{verb}",
        _ordering(kind),
        methods=["POST"],
        name=f"{verb}_phase",
        description=described(kind),
        responses=documented(404, 409),
    )
