"""Records: the audit trail, what came in, what goes out, and the projects, page by page, as operators look at them."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, case, func, literal_column, select, text

from bot.store.sql import END, Apart, Row
from bot.store.tables import events, inbox, outbox, phases, plans, projects, word
from bot.store.values import micros, moment, moment_or_none
from bot.store.views import Projects
from services.domain.errors import NotFound
from services.domain.events import Event


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line of the audit trail, with the project it is about. `version` is that of the plan; 0 for what is about a job."""

    seq: int
    at: datetime
    project: str
    version: int
    event: Event


class Change(NamedTuple):
    """A line of the audit trail, as little of it as one needs to know what to look at again: a plan, or a job."""

    seq: int
    project: str
    plan: str
    job: str | None
    version: int | None
    queue_id: str | None
    status: str | None
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """Something that arrived, and what became of it. `body` and `messages` only where one is asked for."""

    seq: int
    id: str
    source: str
    event: str
    state: str
    tries: int
    error: str
    received_at: datetime
    retry_at: datetime | None
    size: int
    headers: Mapping[str, str] | None = None
    body: bytes = b""
    messages: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRow:
    """An effect on its way, and how far it is."""

    id: int
    key: str
    project: str
    plan: str
    kind: str
    state: str
    tries: int
    error: str
    created_at: datetime
    retry_at: datetime | None
    effect: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A repository that is served. `paused_for` says why it is paused where that was not a person's wish (`Absence`)."""

    id: str
    created_at: datetime
    is_paused: bool
    paused_for: str
    plans: int
    active: int


_e, _i, _o, _p = events.c, inbox.c, outbox.c, projects.c

_EVENT_FILTERS = {
    "plan": _e.plan_id == bindparam("plan"),
    "job": _e.job == bindparam("job"),
    "phase": _e.phase == bindparam("phase"),
    "kind": _e.kind == bindparam("kind"),
    "by": _e.actor == bindparam("by"),
    "since": _e.at >= bindparam("since"),
    "until": _e.at < bindparam("until"),
}
_INBOX = (_i.seq, _i.id, _i.source, _i.event, _i.state, _i.tries, _i.error, _i.received_at, _i.retry_at)
_DELIVERY = select(*_INBOX, func.length(_i.body), _i.headers, _i.body, _i.messages).where(_i.seq == bindparam("seq"))
_OUTBOX = (
    _o.id,
    _o.key,
    _o.project,
    _o.plan_id,
    _o.kind,
    _o.state,
    _o.tries,
    _o.error,
    _o.created_at,
    _o.retry_at,
    _o.effect,
)
_SENDING = select(*_OUTBOX).where(_o.id == bindparam("id"))
_REPLAY = text(
    "UPDATE inbox SET state = CASE WHEN length(body) > 0 THEN 'received' ELSE 'resolved' END,"
    " messages = CASE WHEN length(body) > 0 THEN NULL ELSE messages END, error = '', retry_at = NULL"
    " WHERE seq = :seq AND state IN ('failed', 'dead', 'applied')"
)
_RETRY = text(
    "UPDATE outbox SET state = 'pending', holder = '', error = '', retry_at = NULL, tries = 0 WHERE id = :id AND state = 'dead'"
)
_DROP = text("UPDATE outbox SET state = 'dropped' WHERE id = :id AND state = 'dead'")
_CHANGES = (
    select(
        *(_e.seq, func.coalesce(plans.c.project, _e.project), _e.plan_id, _e.job, plans.c.version),
        *(phases.c.id, phases.c.status, _e.kind),
    )
    .outerjoin_from(events, plans, plans.c.id == _e.plan_id)
    .outerjoin(phases, and_(phases.c.plan_id == _e.plan_id, phases.c.key == _e.phase))
    .where(_e.seq > bindparam("after"))
    .order_by(_e.seq)
    .limit(bindparam("limit"))
)
_LAST_EVENT = select(func.max(_e.seq))


_LINE = (_e.kind, _e.plan_id, _e.cause, _e.phase, _e.actor, _e.facts, _e.job)
_OF_PLANS = select(_e.seq, _e.at, plans.c.project, plans.c.version, *_LINE).join_from(
    events, plans, plans.c.id == _e.plan_id
)
_OF_JOBS = select(_e.seq, _e.at, _e.project, literal_column("0"), *_LINE).where(_e.job.is_not(None))


@cache
def _events(filters: tuple[str, ...], among: int, *, of_jobs: bool, newest_first: bool) -> Select[Any]:
    """Lines about plans, or about jobs: each kind by its own index, which no single statement over both would use. Those about
    jobs are few among all lines; an expression keeps SQLite from looking for them along the numbers of all."""
    statement, project = (_OF_JOBS, _e.project) if of_jobs else (_OF_PLANS, plans.c.project)
    seq = _e.seq + 0 if of_jobs else _e.seq
    conditions = {**_EVENT_FILTERS, "project": project == bindparam("project")}
    statement = statement.where(*(conditions[name] for name in filters))
    if among:
        statement = statement.where(project.in_([bindparam(f"project_{n}") for n in range(among)]))
    if newest_first:
        statement = statement.where(seq < bindparam("before")).order_by(seq.desc())
    else:
        statement = statement.where(seq > bindparam("after")).order_by(seq)
    return statement.limit(bindparam("limit"))


def _kinds_of(filters: Container[str]) -> Iterator[bool]:
    """Whether there may be lines about plans among those that are wanted (False), and about jobs (True)."""
    if "job" not in filters:
        yield False
    if "plan" not in filters and "phase" not in filters:
        yield True


@cache
def _deliveries(filters: tuple[str, ...]) -> Select[Any]:
    statement = select(*_INBOX, func.length(_i.body)).where(_i.seq < bindparam("before"))
    return (
        statement.where(*(_i[name] == bindparam(name) for name in filters))
        .order_by(_i.seq.desc())
        .limit(bindparam("limit"))
    )


@cache
def _sendings(filters: tuple[str, ...], among: int) -> Select[Any]:
    statement = select(*_OUTBOX).where(_o.id < bindparam("before"))
    statement = statement.where(*(_o[name] == bindparam(name) for name in filters))
    if among:
        statement = statement.where(_o.project.in_([bindparam(f"project_{n}") for n in range(among)]))
    return statement.order_by(_o.id.desc()).limit(bindparam("limit"))


_PROJECTS = (
    select(
        _p.id,
        _p.created_at,
        _p.paused,
        _p.paused_for,
        func.count(plans.c.id),
        func.coalesce(func.sum(case((plans.c.state.in_([word("active"), word("publishing")]), 1), else_=0)), 0),
    )
    .outerjoin_from(projects, plans, plans.c.project == _p.id)
    .group_by(_p.id, _p.created_at, _p.paused, _p.paused_for)
    .order_by(_p.id)
)


class Records(Apart):
    """Answers from one database, and the few things that operators do to what is recorded."""

    # ------------------------------------------------------------ the audit trail

    def events(
        self, *, after: int = 0, before: int | None = None, projects: Projects = None, limit: int = 200, **filters: Any
    ) -> list[EventLine]:
        """Lines after `after`, oldest first; or those before `before`, newest first. Filters: plan, project, phase (its key),
        job, kind, by, since and until (moments)."""
        wanted = {name: _value(value) for name, value in filters.items() if value is not None}
        among = (
            {f"project_{n}": name for n, name in enumerate(sorted(projects) or [""])} if projects is not None else {}
        )
        is_newest_first = before is not None
        place = {"after": after} if before is None else {"before": before}
        with self._reading() as session:
            found = [
                _line(row)
                for of_jobs in _kinds_of(wanted)
                for row in session.rows(
                    _events(tuple(wanted), len(among), of_jobs=of_jobs, newest_first=is_newest_first),
                    limit=limit,
                    **place,
                    **wanted,
                    **among,
                )
            ]
        return sorted(found, key=lambda line: line.seq, reverse=is_newest_first)[:limit]

    def changes(self, after: int, limit: int = 1000) -> list[Change]:
        """What has changed since a line of the audit trail, one for each line, oldest first."""
        with self._reading() as session:
            return [Change(*row) for row in session.rows(_CHANGES, after=after, limit=limit)]

    def last_event(self) -> int:
        """The number of the newest line; 0 before the first."""
        with self._reading() as session:
            row = session.row(_LAST_EVENT)
        return (row[0] or 0) if row else 0

    # ------------------------------------------------------------ what came in

    def deliveries(
        self, *, state: str | None = None, source: str | None = None, before: int = END, limit: int = 100
    ) -> list[DeliveryRow]:
        """The newest first."""
        wanted = {name: value for name, value in (("state", state), ("source", source)) if value is not None}
        with self._reading() as session:
            return [
                _delivery(row) for row in session.rows(_deliveries(tuple(wanted)), before=before, limit=limit, **wanted)
            ]

    def delivery(self, seq: int) -> DeliveryRow:
        """One in full. Raises NotFound."""
        with self._reading() as session:
            row = session.row(_DELIVERY, seq=seq)
        if row is None:
            raise NotFound(f"there is no delivery {seq}")
        return _delivery(row)

    def replay(self, seq: int) -> bool:
        """Have it understood and applied once more. False if it is still on its way."""
        with self._writing() as session:
            return bool(session.run(_REPLAY, seq=seq))

    # ------------------------------------------------------------ what goes out

    def sendings(
        self,
        *,
        state: str | None = None,
        project: str | None = None,
        projects: Projects = None,
        before: int = END,
        limit: int = 100,
    ) -> list[SendingRow]:
        """The newest first."""
        wanted = {name: value for name, value in (("state", state), ("project", project)) if value is not None}
        among = (
            {f"project_{n}": name for n, name in enumerate(sorted(projects) or [""])} if projects is not None else {}
        )
        statement = _sendings(tuple(wanted), len(among))
        with self._reading() as session:
            return [_sending(row) for row in session.rows(statement, before=before, limit=limit, **wanted, **among)]

    def sending(self, id: int) -> SendingRow:
        """Raises NotFound."""
        with self._reading() as session:
            row = session.row(_SENDING, id=id)
        if row is None:
            raise NotFound(f"there is no effect {id} in the outbox")
        return _sending(row)

    def retry(self, id: int) -> bool:
        """Have a dead letter sent again by whoever claims it next. False if it is none."""
        with self._writing() as session:
            return bool(session.run(_RETRY, id=id))

    def drop(self, id: int) -> bool:
        """A dead letter is not to be sent any more. False if it is none."""
        with self._writing() as session:
            return bool(session.run(_DROP, id=id))

    # ------------------------------------------------------------ projects

    def projects(self, only: Projects = None) -> list[ProjectRow]:
        """All that are served, by name; of `only` at most."""
        with self._reading() as session:
            found = [_project(row) for row in session.rows(_PROJECTS)]
        return [one for one in found if only is None or one.id in only]


def _value(value: Any) -> Any:
    return micros(value) if isinstance(value, datetime) else value


def _line(row: Row) -> EventLine:
    seq, at, project, version, kind, plan, cause, phase, actor, facts, job = row
    event = Event(kind, plan, cause, phase, actor, json.loads(facts), job or "", project if job else "")
    return EventLine(seq, moment(at), project, version, event)


def _delivery(row: Row) -> DeliveryRow:
    seq, id, source, event, state, tries, error, received_at, retry_at, size, *rest = row
    return DeliveryRow(
        seq=seq,
        id=id,
        source=source,
        event=event,
        state=state,
        tries=tries,
        error=error,
        received_at=moment(received_at),
        retry_at=moment_or_none(retry_at),
        size=size,
        **dict(_in_full(*rest)) if rest else {},
    )


def _in_full(headers: str, body: bytes, messages: str | None) -> Iterator[tuple[str, Any]]:
    yield "headers", json.loads(headers)
    yield "body", bytes(body)
    yield "messages", None if messages is None else json.loads(messages)


def _sending(row: Row) -> SendingRow:
    id, key, project, plan, kind, state, tries, error, created_at, retry_at, effect = row
    return SendingRow(
        id=id,
        key=key,
        project=project,
        plan=plan,
        kind=kind,
        state=state,
        tries=tries,
        error=error,
        created_at=moment(created_at),
        retry_at=moment_or_none(retry_at),
        effect=json.loads(effect),
    )


def _project(row: Row) -> ProjectRow:
    id, created_at, paused, paused_for, count, active = row
    return ProjectRow(id, moment(created_at), bool(paused or paused_for), paused_for, count, int(active))
