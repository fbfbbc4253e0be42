"""Projects: the repositories that are served, each with its policy: looked at, checked, and edited with its comments kept."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.policies import PATH
from bot.web.api.projects import Part, pause_project, resume_project, show_project
from bot.web.auth import Admin, Viewer
from bot.web.auth.permits import Permit
from bot.web.console.remarks import Remark, remarks_on
from bot.web.console.rendering import Fields, Page, Shown, field, may, sentence
from services.domain.access import Role
from services.domain.errors import PolicyInvalid, UserError
from services.planning.policy.editing import parse_path, with_value

router = APIRouter(include_in_schema=False)

_LONGEST = 256 * 1024


@router.get("/projects")
def projects_page(permit: Viewer, page: Shown) -> Response:
    found = permit.bot.store.records.projects(permit.projects)
    return page.show(
        "projects.html",
        section="operations",
        projects=[(one, permit.bot.store.policies.last(one.id) is not None) for one in found],
    )


@router.get("/projects/{owner}/{name}")
def project_page(permit: Viewer, page: Shown, owner: Part, name: Part) -> Response:
    kept = permit.bot.store.policies.last(f"{owner}/{name}")
    return _shown(permit, page, f"{owner}/{name}", kept.text if kept else "")


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


@router.post("/projects/{owner}/{name}/policy")
def check_policy(permit: Viewer, page: Shown, form: Fields, owner: Part, name: Part) -> Response:
    """Check a text; with `place` and `value`, write that value first, and leave every other character as it is."""
    text, place, value = field(form, "text", _LONGEST), field(form, "place", 200), field(form, "value", 1000)
    problem = ""
    if place.strip():
        try:
            text = with_value(text or "version: 1\n", parse_path(place.strip()), value)
        except UserError as error:
            problem = sentence(error)
    return _shown(permit, page, f"{owner}/{name}", text, problem=problem, place=place, value=value)


def _shown(
    permit: Permit, page: Page, id: str, text: str, *, problem: str = "", place: str = "", value: str = ""
) -> Response:
    owner, _, name = id.partition("/")
    project = show_project(permit, owner, name)
    kept = permit.bot.store.policies.last(id)
    remarks = _remarks(permit, text)
    return page.show(
        "project.html",
        section="operations",
        project=project,
        kept=kept,
        text=text,
        is_changed=text != (kept.text if kept else ""),
        remarks=remarks,
        is_usable=not any(one.finding.severity == "error" for one in remarks),
        problem=problem,
        place=place,
        value=value,
        policy_path=PATH,
        may_pause=may(permit, Role.ADMIN, id),
        runs_here=not permit.bot.tracker.is_shared or permit.bot.settings.allows_commands_of(id),
    )


def _remarks(permit: Permit, text: str) -> list[Remark]:
    if not text.strip():
        return []
    try:
        policy = permit.bot.policies.read(text, where="policy")
    except PolicyInvalid as error:
        return remarks_on(error.findings, text)
    return remarks_on(policy.findings, text)
