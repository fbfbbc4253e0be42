"""Jobs in SQL. Whether one still runs is not only its own word: where its process is gone, it is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    select,
)

from bot.store.events import SqlEvents
from bot.store.outbox import SILENCE
from bot.store.sql import END, Apart, Listed, Row, Session, insert_into, update_of
from bot.store.tables import holders, metadata, word
from bot.store.values import failure_json, failure_of, micros, moment, moment_or_none, to_json
from services.domain.errors import NotFound
from services.domain.events import Event
from services.domain.failure import Failure
from services.execution.jobs import Job, JobState, state_after

jobs = Table(
    "jobs",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("project", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("arguments", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False),
    Column("holder", Text, nullable=False),  # the process that runs it
    Column("timeout", Integer, nullable=False),  # seconds
    Column("requested_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("cancelling", Boolean, nullable=False),
    Column("result", Text),  # JSON
    Column("failure", Text),  # JSON
)
Index("ix_jobs_project", jobs.c.project, jobs.c.seq)
Index("ix_jobs_created_at", jobs.c.created_at)

_j = jobs.c
_LIVE = _j.state.in_([word("queued"), word("running")])
Index("ix_jobs_live", _j.seq, sqlite_where=_LIVE, postgresql_where=_LIVE)
_lives = select(holders.c.holder).where(holders.c.holder == _j.holder, holders.c.seen_at > bindparam("silent_since"))
_STATE = case((and_(_LIVE, ~_lives.exists()), word("lost")), else_=_j.state)
_COLUMNS = (
    *(_j.seq, _j.id, _j.project, _j.tool, _j.arguments, _STATE, _j.timeout, _j.requested_by),
    *(_j.created_at, _j.started_at, _j.finished_at, _j.cancelling, _j.result, _j.failure),
)
_ADD = insert_into(jobs, but=("seq", "started_at", "finished_at", "result", "failure"))
_ONE = select(*_COLUMNS).where(_j.id == bindparam("id"))
_ABANDONED = select(_j.id).where(_LIVE, ~_lives.exists())
_TOLD = "RETURNING project, tool"
"""What the audit trail says of each change."""

_WAITING = f"id = :id AND state = 'queued' {_TOLD}"
_UNDER_WAY = f"id = :id AND state IN ('queued', 'running') {_TOLD}"
_START = update_of(jobs, ["state", "started_at"], _WAITING)
_NEVER_BEGAN = update_of(jobs, ["state", "finished_at"], _WAITING)
_CANCEL = update_of(jobs, ["cancelling"], _UNDER_WAY)
_GIVE_UP = update_of(jobs, ["state"], _UNDER_WAY)
_FINISH = update_of(
    jobs,
    ["state", "finished_at", "result", "failure"],
    f"id = :id AND state IN ('queued', 'running', 'lost') AND finished_at IS NULL {_TOLD}",
)
_CANCELLING = Listed(lambda ids: select(_j.id).where(_j.id.in_(ids), _j.cancelling))
_FILTERS = {
    "project": _j.project == bindparam("project"),
    "tool": _j.tool == bindparam("tool"),
}


@cache
def _listing(filters: tuple[str, ...], among: int) -> Select[Any]:
    statement = select(*_COLUMNS).where(_j.seq < bindparam("before"), *(_FILTERS[name] for name in filters))
    if among:
        statement = statement.where(_j.project.in_([bindparam(f"among_{n}") for n in range(among)]))
    return statement.order_by(_j.seq.desc()).limit(bindparam("limit"))


class SqlJobs(Apart):
    """Jobs, each call in a transaction of its own."""

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Session]],
        writing: Callable[[], AbstractContextManager[Session]],
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(reading, writing)
        self._now = now

    def add(self, job: Job, *, holder: str, why: str = "") -> None:
        """A new one, which this process is going to run. `why` is for the audit trail."""
        row = {
            "id": job.id,
            "project": job.project,
            "tool": job.tool,
            "arguments": to_json(job.arguments),
            "state": job.state.value,
            "holder": holder,
            "timeout": job.timeout,
            "requested_by": job.requested_by,
            "created_at": micros(job.created_at),
            "cancelling": False,
        }
        with self._writing() as session:
            session.each(_ADD, [row])
            self._note(session, "requested", job.id, [(job.project, job.tool)], by=job.requested_by, why=why)

    def one(self, id: str) -> Job:
        """Raises NotFound."""
        with self._reading() as session:
            row = session.row(_ONE, id=id, silent_since=self._silent_since())
        if row is None:
            raise NotFound(f"there is no job {id}")
        return _job(row)

    def newest(
        self,
        *,
        project: str | None = None,
        tool: str | None = None,
        projects: Collection[str] | None = None,
        before: int = END,
        limit: int = 100,
    ) -> list[Job]:
        """Those with a `seq` below `before`, the newest first; `projects` None: of all."""
        if projects is not None and not projects:
            return []
        filters = {name: value for name, value in (("project", project), ("tool", tool)) if value is not None}
        among = {f"among_{n}": one for n, one in enumerate(sorted(projects or ()))}
        statement = _listing(tuple(filters), len(among))
        with self._reading() as session:
            values = {**filters, **among, "before": before, "limit": limit, "silent_since": self._silent_since()}
            return [_job(row) for row in session.rows(statement, **values)]

    def start(self, id: str) -> bool:
        """It runs from now on; False if it has ended before it began."""
        with self._writing() as session:
            begun = session.rows(_START, id=id, state=JobState.RUNNING.value, started_at=micros(self._now()))
            self._note(session, JobState.RUNNING, id, begun)
        return bool(begun)

    def cancel(self, id: str, *, by: str = "", why: str = "") -> bool:
        """Its end is wished for, and has come where it had not begun; False if it has ended already."""
        with self._writing() as session:
            live = session.rows(_CANCEL, id=id, cancelling=True)
            self._note(session, "cancel_requested", id, live, by=by, why=why)
            ended = {"state": JobState.CANCELLED.value, "finished_at": micros(self._now())}
            self._note(session, JobState.CANCELLED, id, session.rows(_NEVER_BEGAN, id=id, **ended))
        return bool(live)

    def cancelling(self, ids: Collection[str]) -> list[str]:
        """Those of them whose end is wished for."""
        with self._reading() as session:
            return [id for (id,) in session.among(_CANCELLING, sorted(ids))]

    def finish(self, id: str, result: Mapping[str, Any] | None, failure: Failure | None) -> None:
        """It has ended. The first word about that counts; that it was taken for lost is none."""
        state = state_after(failure)
        row = {
            "id": id,
            "state": state.value,
            "finished_at": micros(self._now()),
            "result": None if result is None else to_json(result),
            "failure": failure_json(failure),
        }
        with self._writing() as session:
            self._note(session, state, id, session.rows(_FINISH, **row), error=failure.type if failure else "")

    def give_up(self) -> int:
        """Those whose process is gone are lost from now on, whatever comes of it. How many those were."""
        with self._reading() as session:
            abandoned = [id for (id,) in session.rows(_ABANDONED, silent_since=self._silent_since())]
        for id in abandoned:
            with self._writing() as session:
                self._note(session, JobState.LOST, id, session.rows(_GIVE_UP, id=id, state=JobState.LOST.value))
        return len(abandoned)

    def _note(self, session: Session, what: str, id: str, changed: Iterable[Row], by: str = "", **facts: str) -> None:
        """A line of the audit trail for what `changed`, if anything did: its project and tool."""
        trail = SqlEvents(session)
        for project, tool in changed:
            said = {"tool": tool} | {name: fact for name, fact in facts.items() if fact}
            event = Event(f"job_{what}", "", f"job:{id}", by=by, facts=said, job=id, project=project)
            trail.append([event], self._now())
        trail.flush()

    def _silent_since(self) -> int:
        return micros(self._now() - SILENCE)


_LOST = Failure("interrupted", "The process that ran this job is gone.", retryable=True)


def _job(row: Row) -> Job:
    seq, id, project, tool, arguments, state, timeout, by, created, started, finished, cancelling, result, failure = row
    return Job(
        seq=seq,
        id=id,
        project=project,
        tool=tool,
        arguments=json.loads(arguments),
        state=JobState(state),
        timeout=timeout,
        requested_by=by,
        created_at=moment(created),
        started_at=moment_or_none(started),
        finished_at=moment_or_none(finished),
        is_cancelling=bool(cancelling),
        result=json.loads(result) if result else None,
        failure=failure_of(failure) or (_LOST if state == JobState.LOST else None),
    )
