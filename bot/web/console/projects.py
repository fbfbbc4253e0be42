"""Projects: the repositories that are served, and whether anything new starts in them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.api.projects import Part, pause_project, resume_project
from bot.web.auth import Admin, Viewer
from bot.web.console.rendering import Fields, Shown, field

router = APIRouter(include_in_schema=False)


@router.get("/projects")
def projects_page(permit: Viewer, page: Shown) -> Response:
    found = permit.bot.store.records.projects(permit.projects)
    return page.show(
        "projects.html",
        section="operations",
        projects=[(one, permit.bot.store.policies.last(one.id) is not None) for one in found],
    )


@router.post("/projects/{owner}/{name}/order")
def order_project(permit: Admin, page: Shown, form: Fields, owner: Part, name: Part) -> Response:
    """`do`: pause, or resume."""

    def attempt() -> str:
        if field(form, "do", 20) == "pause":
            pause_project(permit, owner, name)
            return f"{owner}/{name} is paused: nothing new starts in it, what runs may finish."
        resume_project(permit, owner, name)
        return f"{owner}/{name} goes on."

    permit.project(f"{owner}/{name}")
    return page.trying(f"/projects/{owner}/{name}", attempt)
