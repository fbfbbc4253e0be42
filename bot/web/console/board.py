"""The queue: phases of all plans, or of one project, by status, as a list; filtered, sorted and searched by the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from bot.store.board import ORDERS, Wanted
from bot.web.api.inputs import REPOSITORY, Words
from bot.web.auth import Operator, Viewer
from bot.web.auth.permits import Permit
from bot.web.console.orders import MOST_AT_ONCE, order_all
from bot.web.console.phase_rows import PhaseRow, Rows
from bot.web.console.rendering import Fields, Shown, field, may
from services.domain.access import Role
from services.domain.phase import QueueStatus

router = APIRouter(include_in_schema=False)

PER_PAGE = 50
PER_COLUMN = 20

_S = QueueStatus
GROUPS: dict[str, tuple[QueueStatus, ...]] = {
    "open": (_S.QUEUED, _S.READY, _S.BLOCKED, _S.RUNNING, _S.NEEDS_QA, _S.FAILED),
    "attention": (_S.FAILED, _S.NEEDS_QA, _S.BLOCKED),
    "waiting": (_S.QUEUED, _S.READY),
    "running": (_S.RUNNING,),
    "failed": (_S.FAILED,),
    "blocked": (_S.BLOCKED,),
    "verdict": (_S.NEEDS_QA,),
    "done": (_S.COMPLETED, _S.SKIPPED, _S.CANCELLED),
    "all": tuple(QueueStatus),
}
"""The filters of the page."""

TABS = ("open", "waiting", "running", "verdict", "failed", "blocked", "done", "all")
COLUMNS = ("waiting", "running", "verdict", "failed", "blocked", "done")


class BoardQuery(BaseModel):
    """What the address says. Anything that makes no sense counts as not said."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    show: str = "open"
    project: Annotated[str, Query(pattern=f"{REPOSITORY}|^$")] = ""
    q: Annotated[Words, Query(max_length=200)] = ""
    sort: str = "position"
    view: str = "list"
    page: Annotated[int, Query(ge=1, le=10_000)] = 1

    def link(self, **changes: object) -> str:
        """The address of the same page, but for these; what is as usual is left out."""
        said = {**self.model_dump(), "page": 1, **changes}
        usual = BoardQuery().model_dump()
        kept = {name: value for name, value in said.items() if value != usual[name]}
        return f"/queue?{urlencode(kept)}" if kept else "/queue"


@dataclass(frozen=True, slots=True)
class Column:
    """The phases of one group, the first of them, and how many there are."""

    name: str
    rows: list[PhaseRow]
    count: int


@router.get("/queue")
def queue_page(permit: Viewer, page: Shown, wanted: Annotated[BoardQuery, Query()]) -> Response:
    wanted = _usable(wanted)
    counts = permit.bot.store.board.counts(_wanted(permit, wanted, ()))
    shown = _columns(permit, wanted, counts)
    is_list = wanted.view == "list"
    total = shown[0].count if is_list else 0
    return page.show(
        "queue.html",
        wanted=wanted,
        columns=shown,
        tabs=[(name, sum(counts.get(one, 0) for one in GROUPS[name])) for name in TABS],
        total=total,
        pages=max(1, -(-total // PER_PAGE)),
        first=(wanted.page - 1) * PER_PAGE,
        projects=permit.served,
        sorts=tuple(ORDERS),
        failed=counts.get(QueueStatus.FAILED, 0),
        most=MOST_AT_ONCE,
        bulk=is_list and any(row.verbs for row in shown[0].rows),
        is_settled=not any(counts.get(one) for one in GROUPS["open"]),
    )


@router.post("/queue/retry-failed")
def retry_failed(permit: Operator, page: Shown, form: Fields, wanted: Annotated[BoardQuery, Query()]) -> Response:
    """All that failed, on whatever page of the list they stand; the address says of which project, and with which words."""
    places = permit.bot.store.board.places(_wanted(permit, _usable(wanted), GROUPS["failed"]), limit=MOST_AT_ONCE)
    plans = permit.bot.store.lookups.plans({one.plan: None for one in places})
    mine = {id for id, plan in plans.items() if may(permit, Role.OPERATOR, plan.project)}
    items = [permit.item(one.queue_id) for one in places if one.plan in mine]
    return page.lead(
        field(form, "back") or "/queue", *order_all(permit, "retry", items, nothing="Nothing has failed there.")
    )


def _usable(wanted: BoardQuery) -> BoardQuery:
    changes = {}
    if wanted.show not in GROUPS:
        changes["show"] = "open"
    if wanted.sort not in ORDERS:
        changes["sort"] = "position"
    if wanted.view not in ("list", "columns"):
        changes["view"] = "list"
    return wanted.model_copy(update=changes)


def _columns(permit: Permit, wanted: BoardQuery, counts: dict[QueueStatus, int]) -> list[Column]:
    """One column, with a page of it, for a list; else the first of each. All plans are read at once."""
    is_list = wanted.view == "list"
    names = (wanted.show,) if is_list else COLUMNS
    limit, offset = (PER_PAGE, (wanted.page - 1) * PER_PAGE) if is_list else (PER_COLUMN, 0)
    board = permit.bot.store.board
    totals = {name: sum(counts.get(status, 0) for status in GROUPS[name]) for name in names}
    found = [
        board.places(_wanted(permit, wanted, GROUPS[name]), limit=limit, offset=offset) if totals[name] else []
        for name in names
    ]
    plans = permit.bot.store.lookups.plans({place.plan: None for places in found for place in places})
    rows = Rows(permit)
    return [
        Column(
            name,
            [row for one in places if one.plan in plans for row in rows.of(plans[one.plan], [one.key])],
            totals[name],
        )
        for name, places in zip(names, found, strict=True)
    ]


def _wanted(permit: Permit, wanted: BoardQuery, statuses: tuple[QueueStatus, ...]) -> Wanted:
    return Wanted(
        statuses=statuses if len(statuses) < len(QueueStatus) else (),
        project=wanted.project or None,
        projects=permit.projects,
        words=wanted.q.strip(),
        order=wanted.sort,
    )
