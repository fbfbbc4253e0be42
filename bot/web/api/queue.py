"""`/api/queue`: all phases, and why one waits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from bot.store.views import item_place
from bot.web.api.inputs import OnlyProject
from bot.web.api.paging import Cursor, Limit, Next, after, cursor_of
from bot.web.api.shapes import QueueItem, Shape
from bot.web.api.showing import queue_items
from bot.web.auth import Viewer
from bot.web.failures import documented
from services.domain.errors import NotFound
from services.domain.phase import QueueStatus

router = APIRouter(tags=["queue"])


class Queue(Shape):
    """Phases, oldest plan first, each plan in its own order."""

    phases: list[QueueItem]
    next: Next = None


@router.get("/queue")
def list_queue(
    permit: Viewer,
    project: OnlyProject = None,
    status: Annotated[QueueStatus | None, Query(description="Only phases that stand like this")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Queue:
    """The phases of all plans."""
    items = permit.bot.store.views.queue(
        project=project, status=status, projects=permit.projects, after=after(cursor, int, str, int), limit=limit
    )
    next = cursor_of(item_place(items[-1])) if len(items) == limit else None
    return Queue(phases=queue_items(permit.bot, items), next=next)


@router.get("/queue/{parent_issue}", responses=documented(404))
def show_queue_of_parent(
    permit: Viewer,
    parent_issue: Annotated[int, Path(ge=1, le=2**53, description="The number of the plan's issue")],
    project: OnlyProject = None,
) -> Queue:
    """The phases of one parent issue."""
    items = permit.bot.store.views.queue(project=project, parent_issue=parent_issue, projects=permit.projects)
    if not items:
        raise NotFound(f"no plan has #{parent_issue} as its parent issue")
    return Queue(phases=queue_items(permit.bot, items))
