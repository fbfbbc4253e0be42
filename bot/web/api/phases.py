"""`/api/phases`: one phase with its attempts, and the orders it takes."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from bot.store.views import QueueItem
from bot.web.api.inputs import Id
from bot.web.api.orders import (
    OPERATOR,
    PHASE_VERBS,
    OrderText,
    described,
    give,
    new_cause,
    plan_named,
    refuse_stale,
)
from bot.web.api.shapes import PhaseDetail, phase_detail
from bot.web.bot import Bot
from bot.web.failures import documented
from services.domain.messages import PhaseOrder, RejectPhase

router = APIRouter(prefix="/phases", tags=["phases"])


@router.get("/{id}", responses=documented(404))
def show_phase(bot: Bot, id: Id) -> PhaseDetail:
    """One phase in full; `id` is its `queue_id`."""
    return phase_detail(bot, id)


def _ordering(kind: type[PhaseOrder]) -> Callable[[Bot, str, OrderText | None], PhaseDetail]:
    def order(bot: Bot, id: Id, text: OrderText | None = None) -> PhaseDetail:
        item = bot.store.views.item(id)
        text = text or OrderText()
        refuse_stale(plan_named(bot, item.plan_id), text.version)
        give(bot, _message(kind, item, text.why))
        return phase_detail(bot, id)

    return order


def _message(kind: type[PhaseOrder], item: QueueItem, why: str) -> PhaseOrder:
    if kind is RejectPhase:
        return RejectPhase(plan=item.plan_id, phase=item.phase_key, cause=new_cause(), by=OPERATOR, why=why)
    return kind(plan=item.plan_id, phase=item.phase_key, cause=new_cause(), by=OPERATOR)


for verb, kind in PHASE_VERBS.items():
    router.add_api_route(
        f"/{{id}}/{verb}",
        _ordering(kind),
        methods=["POST"],
        name=f"{verb}_phase",
        description=described(kind),
        responses=documented(404, 409),
    )
