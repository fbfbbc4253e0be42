"""Views: what API, CLI and console show. Each question is a fixed number of queries, seen at one moment, without locks."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select, tuple_

from bot.store.plan_rows import ATTEMPT, attempt_of, load
from bot.store.sql import Listed, Row, Session
from bot.store.tables import attempts, dependencies, inbox, outbox, phase_texts, phases, plan_texts, plans
from bot.store.values import failure_of, micros, micros_or_none, moment
from services.domain.attempts import Attempt
from services.domain.errors import NotFound
from services.domain.phase import QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.progress import PlanStatus, plan_status


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan, how it stands, and how many of its phases stand how."""

    plan: Plan
    status: PlanStatus
    phases: Mapping[QueueStatus, int]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PlanDetail:
    """A plan with its overview and all attempts ever made, by phase key, oldest first."""

    view: PlanView
    overview: str
    attempts: Mapping[str, tuple[Attempt, ...]]


@dataclass(frozen=True, slots=True)
class PhaseData:
    """What a phase says. `external_docs` are paths in the repository."""

    title: str
    content: str
    external_docs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """A phase as the queue shows it. `phase_number` is its place in the plan, from 1; `number` the number as written."""

    queue_id: str
    plan_id: str
    project: str
    phase_key: str
    number: str | None
    parent_issue: int | None
    phase_number: int
    issue_number: int | None
    status: QueueStatus
    depends_on_phases: tuple[int, ...]
    phase_data: PhaseData
    created_at: datetime
    updated_at: datetime
    error_message: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is: plans, deliveries and sendings by stored state, phases by queue status."""

    plans: Mapping[PlanState, int]
    phases: Mapping[QueueStatus, int]
    deliveries: Mapping[str, int]
    sendings: Mapping[str, int]


Projects = frozenset[str] | None
"""Those that somebody may see; None for all."""

Place = tuple[Any, ...] | None
"""Where a list goes on, as `plan_place` and `item_place` say it; None for its beginning."""

_AMONG = "project_"
_COLUMNS = {
    "project": plans.c.project,
    "parent_issue": plans.c.issue_number,
    "plan": plans.c.id,
    "queue_id": phases.c.id,
    "status": phases.c.status,
}


def _filtered(statement: Select[Any], names: Iterable[str]) -> Select[Any]:
    """Each filter is one value of a column; `project_0`, `project_1`, … are those of which the project is one."""
    names = tuple(names)
    among: list[Any] = [bindparam(name) for name in names if name.startswith(_AMONG)]
    if among:
        statement = statement.where(plans.c.project.in_(among))
    return statement.where(*(_COLUMNS[name] == bindparam(name) for name in names if not name.startswith(_AMONG)))


@cache
def _plans(filters: tuple[str, ...], *, goes_on: bool) -> Select[Any]:
    statement = _filtered(select(plans.c.id, plans.c.updated_at), filters)
    if goes_on:
        before = tuple_(bindparam("after_0"), bindparam("after_1"))
        statement = statement.where(tuple_(plans.c.created_at, plans.c.id) < before)
    return statement.order_by(plans.c.created_at.desc(), plans.c.id.desc()).limit(bindparam("limit"))


@cache
def _items(filters: tuple[str, ...], *, goes_on: bool) -> Select[Any]:
    p, f, t = plans.c, phases.c, phase_texts.c
    statement = (
        select(
            *(f.id, f.plan_id, p.project, f.key, f.number, p.issue_number, f.ordinal, f.issue_number, f.status),
            *(f.title, t.content, t.documents, func.coalesce(p.created_at, f.updated_at), f.updated_at, f.failure),
        )
        .join_from(phases, plans, p.id == f.plan_id)
        .outerjoin(phase_texts, t.phase_id == f.id)
        .where(f.removed_at.is_(None))
    )
    if goes_on:
        last = tuple_(*(bindparam(f"after_{n}") for n in range(3)))
        statement = statement.where(p.created_at >= bindparam("after_0"), tuple_(p.created_at, p.id, f.ordinal) > last)
    return _filtered(statement, filters).order_by(p.created_at, p.id, f.ordinal).limit(bindparam("limit"))


_needed = phases.alias()
_NEEDS = Listed(
    lambda ids: (
        select(dependencies.c.phase_id, _needed.c.ordinal)
        .join_from(dependencies, _needed, _needed.c.id == dependencies.c.needs_id)
        .where(dependencies.c.phase_id.in_(ids))
        .order_by(_needed.c.ordinal)
    )
)
_OVERVIEW = (
    select(plans.c.updated_at, func.coalesce(plan_texts.c.overview, ""))
    .outerjoin_from(plans, plan_texts, plan_texts.c.plan_id == plans.c.id)
    .where(plans.c.id == bindparam("id"))
)
_ATTEMPTS_OF_PLAN = (
    select(phases.c.key, *ATTEMPT)
    .join_from(attempts, phases, phases.c.id == attempts.c.phase_id)
    .where(phases.c.plan_id == bindparam("id"))
    .order_by(phases.c.ordinal, attempts.c.number)
)
_ATTEMPTS_OF_PHASE = select(*ATTEMPT).where(attempts.c.phase_id == bindparam("id")).order_by(attempts.c.number)
_BY_STATE = [
    select(plans.c.state, func.count()).group_by(plans.c.state),
    select(phases.c.status, func.count()).where(phases.c.removed_at.is_(None)).group_by(phases.c.status),
    select(inbox.c.state, func.count()).group_by(inbox.c.state),
    select(outbox.c.state, func.count()).group_by(outbox.c.state),
]


def plan_place(plan: Plan) -> tuple[Any, ...]:
    """The place of a plan among all plans."""
    return (micros_or_none(plan.created_at), plan.id)


def item_place(item: QueueItem) -> tuple[Any, ...]:
    """The place of a phase in the queue."""
    return (micros(item.created_at), item.plan_id, item.phase_number)


class Views:
    """Answers from one database. `reading` begins a transaction that sees one moment."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Session]]) -> None:
        self._reading = reading

    def plans(
        self,
        *,
        project: str | None = None,
        parent_issue: int | None = None,
        projects: Projects = None,
        after: Place = None,
        limit: int = 100,
    ) -> list[PlanView]:
        """The newest plans, of one project or parent issue where given, of `projects` at most; those after a place."""
        wanted = _given(project=project, parent_issue=parent_issue) | _among(projects)
        statement = _plans(tuple(wanted), goes_on=after is not None)
        with self._reading() as session:
            updated = dict[str, int](session.rows(statement, limit=limit, **wanted, **_after(after)))
            found = load(session, updated)
        return [_plan_view(found[id], at) for id, at in updated.items()]

    def plan(self, id: str) -> PlanDetail:
        """One plan in full. Raises NotFound."""
        with self._reading() as session:
            row = session.row(_OVERVIEW, id=id)
            if row is None:
                raise NotFound(f"there is no plan {id}")
            plan = load(session, [id])[id]
            made: defaultdict[str, list[Attempt]] = defaultdict(list)
            for key, *attempt in session.rows(_ATTEMPTS_OF_PLAN, id=id):
                made[key].append(attempt_of(attempt))
        return PlanDetail(_plan_view(plan, row[0]), row[1], {key: tuple(all_of) for key, all_of in made.items()})

    def queue(
        self,
        *,
        project: str | None = None,
        parent_issue: int | None = None,
        plan: str | None = None,
        status: QueueStatus | None = None,
        projects: Projects = None,
        after: Place = None,
        limit: int = 1000,
    ) -> list[QueueItem]:
        """The phases of all plans, or of those asked for, oldest plan first, in plan order; those after a place."""
        wanted = _given(project=project, parent_issue=parent_issue, plan=plan, status=status and status.value)
        return self._queue(wanted | _among(projects), limit, after)

    def item(self, queue_id: str) -> QueueItem:
        """One phase. Raises NotFound."""
        found = self._queue({"queue_id": queue_id}, 1)
        if not found:
            raise NotFound(f"there is no phase {queue_id} in the queue")
        return found[0]

    def _queue(self, wanted: Mapping[str, Any], limit: int, after: Place = None) -> list[QueueItem]:
        statement = _items(tuple(wanted), goes_on=after is not None)
        with self._reading() as session:
            rows = session.rows(statement, limit=limit, **wanted, **_after(after))
            needs: defaultdict[str, list[int]] = defaultdict(list)
            for phase, ordinal in session.among(_NEEDS, [row[0] for row in rows]):
                needs[phase].append(ordinal)
        return [_item(row, needs[row[0]]) for row in rows]

    def attempts(self, queue_id: str) -> list[Attempt]:
        """All attempts of a phase, oldest first."""
        with self._reading() as session:
            return [attempt_of(row) for row in session.rows(_ATTEMPTS_OF_PHASE, id=queue_id)]

    def counts(self) -> Counts:
        with self._reading() as session:
            counted: list[dict[str, int]] = [dict(session.rows(one)) for one in _BY_STATE]
        of_plans, of_phases, deliveries, sendings = counted
        return Counts(
            plans={PlanState(state): count for state, count in of_plans.items()},
            phases={QueueStatus(status): count for status, count in of_phases.items()},
            deliveries=deliveries,
            sendings=sendings,
        )


def _given(**filters: str | int | None) -> dict[str, str | int]:
    return {name: value for name, value in filters.items() if value is not None}


def _after(place: Place) -> dict[str, Any]:
    return {f"after_{n}": value for n, value in enumerate(place or ())}


def _among(projects: Projects) -> dict[str, str]:
    if projects is None:
        return {}
    return {f"{_AMONG}{n}": project for n, project in enumerate(sorted(projects) or [""])}


def _plan_view(plan: Plan, updated_at: int) -> PlanView:
    return PlanView(plan, plan_status(plan), Counter(phase.status for phase in plan), moment(updated_at))


def _item(row: Row, needs: list[int]) -> QueueItem:
    queue_id, plan, project, key, number, parent, ordinal, issue, status = row[:9]
    title, content, documents, created_at, updated_at, failure = row[9:]
    failed = failure_of(failure)
    return QueueItem(
        queue_id=queue_id,
        plan_id=plan,
        project=project,
        phase_key=key,
        number=number,
        parent_issue=parent,
        phase_number=ordinal,
        issue_number=issue,
        status=QueueStatus(status),
        depends_on_phases=tuple(needs),
        phase_data=PhaseData(title, content or "", tuple(json.loads(documents or "[]"))),
        created_at=moment(created_at),
        updated_at=moment(updated_at),
        error_message=None if failed is None else failed.message,
    )
