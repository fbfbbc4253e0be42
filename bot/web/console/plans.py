"""Plans: the first page with all that wants attention, the list of plans, and the page of one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from bot.store.board import Wanted
from bot.store.sql import END
from bot.store.views import PlanView, plan_place
from bot.web.api.inputs import REPOSITORY, Id
from bot.web.api.paging import Cursor, after, cursor_of
from bot.web.auth import Viewer
from bot.web.auth.permits import Permit
from bot.web.console.board import GROUPS
from bot.web.console.drawing import graph_of, timeline_of
from bot.web.console.events import told
from bot.web.console.phase_rows import PhaseRow, Rows
from bot.web.console.rendering import Shown, may
from bot.web.console.start import start_page
from services.commands.offers import verbs_for_plan
from services.coordinator.reason_words import of_merge
from services.domain.access import Role
from services.domain.critical_path import critical_path, expected
from services.domain.phase import QueueStatus
from services.domain.plan import Plan
from services.domain.progress import PlanStatus

router = APIRouter(include_in_schema=False)

PER_PAGE = 30
_RECENT = 8
_EVENTS = 30
_MOST_NOTICES = 20


@router.get("/")
def first_page(permit: Viewer, page: Shown) -> Response:
    """What wants attention, what runs, and the newest plans; with nothing there, how to begin."""
    plans = permit.bot.store.views.plans(projects=permit.projects, limit=_RECENT)
    if not plans:
        return start_page(permit, page)
    counts = permit.bot.store.board.counts(Wanted(projects=permit.projects))
    return page.show(
        "home.html",
        plans=[_card(one) for one in plans],
        counts=counts,
        attention=_some(permit, GROUPS["attention"], 8),
        running=_some(permit, GROUPS["running"], 8),
        groups=GROUPS,
        is_settled=not any(counts.get(one) for one in GROUPS["open"]),
    )


def _some(permit: Permit, statuses: tuple[QueueStatus, ...], limit: int) -> list[PhaseRow]:
    """Those that changed last."""
    wanted = Wanted(statuses=statuses, projects=permit.projects, order="changed")
    places = permit.bot.store.board.places(wanted, limit=limit)
    plans = permit.bot.store.lookups.plans({one.plan: None for one in places})
    rows = Rows(permit)
    return [row for one in places if one.plan in plans for row in rows.of(plans[one.plan], [one.key])]


@router.get("/plans")
def plans_page(
    permit: Viewer,
    page: Shown,
    project: Annotated[str, Query(pattern=f"{REPOSITORY}|^$")] = "",
    cursor: Cursor = None,
) -> Response:
    found = permit.bot.store.views.plans(
        project=project or None, projects=permit.projects, after=after(cursor, int, str), limit=PER_PAGE
    )
    return page.show(
        "plans.html",
        plans=[_card(one) for one in found],
        project=project,
        projects=permit.served,
        next=cursor_of(plan_place(found[-1].plan)) if len(found) == PER_PAGE else None,
        is_first=cursor is None,
    )


def _card(view: PlanView) -> dict[str, Any]:
    return {"plan": view.plan, "status": view.status, "updated_at": view.updated_at, **shares(view.phases)}


ORDER = ("completed", "skipped", "cancelled", "running", "needs_qa", "failed", "blocked", "ready", "queued")


def shares(counts: Any) -> dict[str, Any]:
    """How many phases are done, and the parts of a bar of 100 units: status, start, width."""
    total = sum(counts.values())
    parts, at = [], 0.0
    for status in ORDER:
        if number := counts.get(status, 0):
            parts.append((status, round(at, 2), round(number * 100 / total, 2), number))
            at += number * 100 / total
    done = counts.get("completed", 0) + counts.get("skipped", 0)
    return {"parts": parts, "done": done, "total": total, "share": done * 100 // total if total else 0}


# ---------------------------------------------------------------- one plan


@router.get("/plans/{id}")
def plan_page(permit: Viewer, page: Shown, id: Id, before: Annotated[int, Query(ge=1, le=END)] = END) -> Response:
    bot = permit.bot
    permit.plan(id)
    detail = bot.store.views.plan(id)
    plan, now = detail.view.plan, bot.clock.now()
    critical = critical_path(plan, expected(plan, now))
    events = bot.store.records.events(plan=id, before=before, limit=_EVENTS)
    is_operator = may(permit, Role.OPERATOR, plan.project)
    return page.show(
        "plan.html",
        plan=plan,
        status=detail.view.status,
        updated_at=detail.view.updated_at,
        merge=of_merge(plan.pull) if plan.pull else "",
        overview=detail.overview,
        issue_url=bot.answers.pages().issue(plan),
        rows=Rows(permit).of(plan, plan.phases),
        graph=graph_of(plan, critical=critical if len(critical) > 1 else ()),
        critical=[plan.phase(key) for key in critical],
        timeline=timeline_of(plan, detail.attempts, now),
        notices=bot.store.lookups.said_about(id, _MOST_NOTICES),
        dead=bot.answers.dead_letters(id),
        events=[told(line, plan) for line in events],
        older=events[-1].seq if len(events) == _EVENTS else None,
        verbs=[verb for verb in verbs_for_plan(plan) if is_operator and _may(permit, plan, verb)],
        may_steer=is_operator,
        is_settled=detail.view.status in (PlanStatus.COMPLETED, PlanStatus.CANCELLED, PlanStatus.PLANNED),
        **_progress(detail.view.phases),
    )


def _may(permit: Permit, plan: Plan, verb: str) -> bool:
    return verb != "retract" or may(permit, Role.ADMIN, plan.project)


def _progress(counts: Any) -> dict[str, Any]:
    """As `shares`, the parts by a name that the template has free."""
    found = shares(counts)
    return {"shares": found.pop("parts"), **found}
