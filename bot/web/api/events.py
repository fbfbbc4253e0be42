"""`/api/events`: the audit trail of a plan."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from bot.web.api.inputs import PlanId
from bot.web.api.shapes import EventShape, Shape, event
from bot.web.auth import Viewer
from bot.web.failures import documented

router = APIRouter(tags=["events"])


class Trail(Shape):
    """Part of an audit trail, oldest line first."""

    events: list[EventShape]


@router.get("/events", responses=documented(404))
def list_events(
    permit: Viewer,
    plan: PlanId,
    after: Annotated[int, Query(ge=0, le=2**53, description="Only lines after this `seq`")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Trail:
    """What happened to a plan, by whom, and why."""
    permit.plan(plan)
    return Trail(events=[event(line) for line in permit.bot.store.views.events(plan, after=after, limit=limit)])
