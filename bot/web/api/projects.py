"""`/api/projects`: the repositories that are served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path

from bot.web.api.inputs import LONGEST_PART, PROJECT_PART
from bot.web.api.paging import Cursor, Limit, Next, page_of
from bot.web.api.shapes import ProjectShape, Shape
from bot.web.auth import Admin, Viewer
from bot.web.auth.permits import Permit
from bot.web.failures import documented
from services.domain.errors import NotFound

router = APIRouter(prefix="/projects", tags=["projects"])

Part = Annotated[str, Path(pattern=PROJECT_PART, max_length=LONGEST_PART)]


class ProjectList(Shape):
    """Projects by name."""

    projects: list[ProjectShape]
    next: Next = None


@router.get("")
def list_projects(permit: Viewer, cursor: Cursor = None, limit: Limit = 1000) -> ProjectList:
    """The projects that the asker may see."""
    found = permit.bot.store.records.projects(permit.projects)
    page, next = page_of(found, lambda one: one.id, cursor, limit)
    return ProjectList(projects=[ProjectShape.model_validate(one) for one in page], next=next)


@router.get("/{owner}/{name}", responses=documented(404))
def show_project(permit: Viewer, owner: Part, name: Part) -> ProjectShape:
    """One project."""
    return _shown(permit, f"{owner}/{name}")


@router.post("/{owner}/{name}/pause", responses=documented(404))
def pause_project(permit: Admin, owner: Part, name: Part) -> ProjectShape:
    """Start nothing new in any of its plans; what runs may finish."""
    return _changed(permit, f"{owner}/{name}", lambda: _pause(permit, f"{owner}/{name}"))


@router.post("/{owner}/{name}/resume", responses=documented(404))
def resume_project(permit: Admin, owner: Part, name: Part) -> ProjectShape:
    """Go on after a pause."""
    return _changed(permit, f"{owner}/{name}", lambda: _resume(permit, f"{owner}/{name}"))


def _pause(permit: Permit, id: str) -> None:
    with permit.bot.store.open_work() as work:
        work.projects.pause(id)


def _resume(permit: Permit, id: str) -> None:
    with permit.bot.store.open_work() as work:
        work.projects.resume(id)
    permit.bot.loop.look()


def _changed(permit: Permit, id: str, change: Callable[[], None]) -> ProjectShape:
    _shown(permit, id)
    change()
    return _shown(permit, id)


def _shown(permit: Permit, id: str) -> ProjectShape:
    permit.project(id)
    found = next((one for one in permit.bot.store.records.projects(frozenset({id}))), None)
    if found is None:
        raise NotFound(f"there is no project {id}")
    return ProjectShape.model_validate(found)
