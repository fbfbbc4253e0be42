"""The board: which phases the queue page shows, in which order, and how many there are of each status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from bot.store.sql import Session
from bot.store.tables import phases, plans
from bot.store.values import moment
from bot.store.views import Projects
from services.domain.phase import QueueStatus

_p, _f = plans.c, phases.c

ORDERS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "position": (func.coalesce(_f.priority, _p.priority), _p.created_at, _p.id, _f.ordinal),
    "newest": (_p.created_at.desc(), _p.id, _f.ordinal),
    "changed": (_f.updated_at.desc(), _f.id),
    "title": (func.lower(_f.title), _f.id),
}
"""`position` is the order in which free slots are given away."""


class Place(NamedTuple):
    """One phase: whose it is, and when it changed last."""

    queue_id: str
    plan: str
    key: str
    updated_at: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for. `words` stand in the title of the phase or its plan."""

    statuses: tuple[QueueStatus, ...] = ()
    project: str | None = None
    projects: Projects = None
    words: str = ""
    order: str = "position"


@cache
def _filtered(project: bool, among: int | None, words: bool) -> list[ColumnElement[bool]]:
    given: list[ColumnElement[bool]] = [_f.removed_at.is_(None), _p.retracted_at.is_(None)]
    if project:
        given.append(_p.project == bindparam("project"))
    if among is not None:
        given.append(_p.project.in_([bindparam(f"project_{n}") for n in range(among)]))
    if words:
        like: Any = bindparam("words")
        given.append(or_(func.lower(_f.title).like(like, escape="\\"), func.lower(_p.title).like(like, escape="\\")))
    return given


@cache
def _places(project: bool, among: int | None, words: bool, statuses: int, order: str) -> Select[Any]:
    statement = (
        select(_f.id, _f.plan_id, _f.key, _f.updated_at)
        .join_from(phases, plans, _p.id == _f.plan_id)
        .where(*_filtered(project, among, words))
    )
    if statuses:
        statement = statement.where(_f.status.in_([bindparam(f"status_{n}") for n in range(statuses)]))
    return statement.order_by(*ORDERS[order]).limit(bindparam("limit")).offset(bindparam("offset"))


@cache
def _counts(project: bool, among: int | None, words: bool) -> Select[Any]:
    return (
        select(_f.status, func.count())
        .join_from(phases, plans, _p.id == _f.plan_id)
        .where(*_filtered(project, among, words))
        .group_by(_f.status)
    )


class Board:
    """Answers from one database, each question in one query."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Session]]) -> None:
        self._reading = reading

    def places(self, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Place]:
        """The phases of one page."""
        statuses = {f"status_{n}": status.value for n, status in enumerate(wanted.statuses)}
        statement = _places(*_shape(wanted), len(statuses), wanted.order)
        with self._reading() as session:
            rows = session.rows(statement, limit=limit, offset=offset, **_given(wanted), **statuses)
        return [Place(id, plan, key, moment(at)) for id, plan, key, at in rows]

    def counts(self, wanted: Wanted) -> dict[QueueStatus, int]:
        """How many there are of each status on all pages, whatever statuses are wanted."""
        with self._reading() as session:
            rows = session.rows(_counts(*_shape(wanted)), **_given(wanted))
        return {QueueStatus(status): count for status, count in rows}


def _shape(wanted: Wanted) -> tuple[bool, int | None, bool]:
    return (wanted.project is not None, _among(wanted), bool(wanted.words))


def _among(wanted: Wanted) -> int | None:
    return None if wanted.projects is None else max(1, len(wanted.projects))


def _given(wanted: Wanted) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if wanted.project is not None:
        given["project"] = wanted.project
    if wanted.projects is not None:
        given |= {f"project_{n}": name for n, name in enumerate(sorted(wanted.projects) or [""])}
    if wanted.words:
        escaped = wanted.words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        given["words"] = f"%{escaped}%"
    return given
