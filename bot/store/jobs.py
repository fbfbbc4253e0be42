"""Jobs in SQL. Whether one still runs is not only its own word: where its process is gone, it is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
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
    text,
)

from bot.store.outbox import SILENCE
from bot.store.sql import Listed, Row, Session, insert_into
from bot.store.tables import holders, metadata, word
from bot.store.values import failure_json, failure_of, micros, moment, moment_or_none, to_json
from services.domain.errors import NotFound
from services.domain.failure import Failure
from services.execution.jobs import Job, JobState, state_after

END = 2**62

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
_lives = select(holders.c.holder).where(holders.c.holder == _j.holder, holders.c.seen_at > bindparam("silent_since"))
_STATE = case((and_(_LIVE, ~_lives.exists()), word("lost")), else_=_j.state)
_COLUMNS = (
    *(_j.seq, _j.id, _j.project, _j.tool, _j.arguments, _STATE, _j.timeout, _j.requested_by),
    *(_j.created_at, _j.started_at, _j.finished_at, _j.cancelling, _j.result, _j.failure),
)
_ADD = insert_into(jobs, but=("seq", "started_at", "finished_at", "result", "failure"))
_ONE = select(*_COLUMNS).where(_j.id == bindparam("id"))
_START = text("UPDATE jobs SET state = 'running', started_at = :now WHERE id = :id AND state = 'queued'")
_CANCEL = text("UPDATE jobs SET cancelling = :yes WHERE id = :id AND state IN ('queued', 'running')")
_NEVER_BEGAN = text("UPDATE jobs SET state = 'cancelled', finished_at = :now WHERE id = :id AND state = 'queued'")
_FINISH = text(
    "UPDATE jobs SET state = :state, finished_at = :now, result = :result, failure = :failure"
    " WHERE id = :id AND state IN ('queued', 'running')"
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


class SqlJobs:
    """Each call is a transaction of its own."""

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Session]],
        writing: Callable[[], AbstractContextManager[Session]],
        now: Callable[[], datetime],
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._now = now

    def add(self, job: Job, *, holder: str) -> None:
        """A new one, which this process is going to run."""
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
            return bool(session.run(_START, id=id, now=micros(self._now())))

    def cancel(self, id: str) -> bool:
        """Its end is wished for, and has come where it had not begun; False if it has ended already."""
        with self._writing() as session:
            is_live = bool(session.run(_CANCEL, id=id, yes=True))
            session.run(_NEVER_BEGAN, id=id, now=micros(self._now()))
        return is_live

    def cancelling(self, ids: Collection[str]) -> list[str]:
        """Those of them whose end is wished for."""
        with self._reading() as session:
            return [id for (id,) in session.among(_CANCELLING, sorted(ids))]

    def finish(self, id: str, result: Mapping[str, Any] | None, failure: Failure | None) -> None:
        """It has ended. The first word about that counts."""
        row = {
            "id": id,
            "state": state_after(failure).value,
            "now": micros(self._now()),
            "result": None if result is None else to_json(result),
            "failure": failure_json(failure),
        }
        with self._writing() as session:
            session.each(_FINISH, [row])

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
