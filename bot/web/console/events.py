"""Events: lines of the audit trail in words, the page of all of them, and their export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from bot.store.records import EventLine
from bot.store.sql import END
from bot.web.api.inputs import REPOSITORY, Words
from bot.web.auth import Viewer
from bot.web.console.rendering import Shown
from services.domain.plan import Plan

router = APIRouter(include_in_schema=False)

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Told:
    """One line for people. `facts` as pairs; `phase` is the name of a phase where that is known, else its key."""

    seq: int
    at: datetime
    what: str
    phase: str
    by: str
    cause: str
    facts: list[tuple[str, str]]
    plan: str
    job: str
    title: str
    project: str


def told(line: EventLine, plan: Plan | None = None) -> Told:
    event = line.event
    key = event.phase or ""
    known = (plan.phases.get(key) or plan.removed.get(key)) if plan and key else None
    return Told(
        seq=line.seq,
        at=line.at,
        what=event.kind.replace("_", " "),
        phase=known.name if known else key,
        by=event.by,
        cause=event.cause,
        facts=[
            (name.replace("_", " "), _value(value)) for name, value in event.facts.items() if value not in ("", None)
        ],
        plan=event.plan,
        job=event.job,
        title=plan.title if plan else f"job {event.job}" if event.job else line.project,
        project=line.project,
    )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    return str(value)


@router.get("/activity")
def activity_page(
    permit: Viewer,
    page: Shown,
    project: Annotated[str, Query(pattern=f"{REPOSITORY}|^$")] = "",
    by: Annotated[Words, Query(max_length=100)] = "",
    kind: Annotated[str, Query(pattern="^[a-z_ ]{0,60}$")] = "",
    before: Annotated[int, Query(ge=1, le=END)] = END,
) -> Response:
    """The audit trail: who did what, when, and why."""
    filters: dict[str, Any] = {
        "project": project or None,
        "by": by or None,
        "kind": kind.strip().replace(" ", "_") or None,
    }
    lines = permit.bot.store.records.events(projects=permit.projects, before=before, limit=PER_PAGE, **filters)
    plans = permit.bot.store.lookups.plans(line.event.plan for line in lines if line.event.plan)
    said = urlencode({name: value for name, value in filters.items() if value})
    return page.show(
        "activity.html",
        events=[told(line, plans.get(line.event.plan)) for line in lines],
        project=project,
        by=by,
        kind=kind,
        projects=permit.served,
        older=lines[-1].seq if len(lines) == PER_PAGE else None,
        filters=said,
        is_newest=before == END,
    )
