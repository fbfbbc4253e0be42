"""`/api/events`: the audit trail, filtered and exported, and `/api/changes`, by which followers without a socket keep up."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict
from starlette.responses import StreamingResponse

from bot.store.records import EventLine
from bot.web.api.inputs import LONGEST_ID, LONGEST_REPOSITORY, NAME_PART, REPOSITORY, Words
from bot.web.api.paging import Limit
from bot.web.api.shapes import EventShape, Shape
from bot.web.api.showing import event
from bot.web.auth import Viewer
from bot.web.auth.permits import Permit
from bot.web.failures import documented

router = APIRouter(tags=["events"])

_PAGE = 1000
_LARGEST = 2**53


class EventFilter(BaseModel):
    """Which lines of the audit trail. All that are given have to hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: Annotated[str, Query(pattern=NAME_PART, max_length=LONGEST_ID)] | None = None
    project: Annotated[str, Query(pattern=REPOSITORY, max_length=LONGEST_REPOSITORY)] | None = None
    job: Annotated[str, Query(pattern=NAME_PART, max_length=LONGEST_ID)] | None = None
    phase: Annotated[Words, Query(max_length=200, description="The key of a phase")] | None = None
    kind: Annotated[str, Query(pattern=r"^[a-z_]{1,60}$")] | None = None
    by: Annotated[Words, Query(max_length=100)] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class EventQuery(EventFilter):
    """Which lines, and where to go on."""

    after: Annotated[int, Query(ge=0, le=_LARGEST, description="Only lines after this `seq`, oldest first")] = 0
    before: (
        Annotated[int, Query(ge=0, le=_LARGEST, description="Instead: lines before this `seq`, newest first")] | None
    ) = None
    limit: Limit = 200


class ExportQuery(EventFilter):
    """Which lines, and in which form."""

    format: Literal["jsonl", "csv"] = "jsonl"


class Trail(Shape):
    """Part of an audit trail."""

    events: list[EventShape]


@router.get("/events", responses=documented(404))
def list_events(permit: Viewer, wanted: Annotated[EventQuery, Query()]) -> Trail:
    """What happened, by whom, and why."""
    if wanted.plan is not None:
        permit.plan(wanted.plan)
    lines = permit.bot.store.records.events(projects=permit.projects, **wanted.model_dump())
    return Trail(events=[event(line) for line in lines])


@router.get(
    "/events/export",
    response_class=StreamingResponse,
    responses=documented(404)
    | {200: {"content": {"application/x-ndjson": {}, "text/csv": {}}, "description": "One line for each event"}},
)
def export_events(permit: Viewer, wanted: Annotated[ExportQuery, Query()]) -> StreamingResponse:
    """The whole audit trail, as JSON lines or CSV, oldest line first."""
    if wanted.plan is not None:
        permit.plan(wanted.plan)
    lines = _all_lines(permit, wanted.model_dump(exclude={"format"}))
    if wanted.format == "csv":
        return StreamingResponse(_as_csv(lines), media_type="text/csv", headers=_named("csv"))
    return StreamingResponse(_as_json(lines), media_type="application/x-ndjson", headers=_named("jsonl"))


def _all_lines(permit: Permit, filters: dict[str, Any]) -> Iterator[EventLine]:
    """Read page by page while they are sent."""
    last = 0
    while page := permit.bot.store.records.events(after=last, projects=permit.projects, limit=_PAGE, **filters):
        yield from page
        last = page[-1].seq


def _as_json(lines: Iterator[EventLine]) -> Iterator[str]:
    return (event(line).model_dump_json() + "\n" for line in lines)


_COLUMNS = ("seq", "at", "project", "plan", "job", "phase", "kind", "by", "cause", "facts")


def _as_csv(lines: Iterator[EventLine]) -> Iterator[str]:
    yield _row(_COLUMNS)
    for line in lines:
        shown = event(line).model_dump(mode="json")
        yield _row([json.dumps(shown[name]) if name == "facts" else _harmless(shown[name]) for name in _COLUMNS])


def _row(values: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()


def _harmless(value: Any) -> Any:
    """https://owasp.org/www-community/attacks/CSV_Injection: no spreadsheet takes it for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def _named(ending: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="events.{ending}"'}
