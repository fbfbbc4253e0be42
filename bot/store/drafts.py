"""Drafts in SQL: documents that were handed in and not published yet. They survive a restart, and expire."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Select, Table, Text, bindparam, select, text, tuple_

from bot.store.sql import Apart, Row, insert_into
from bot.store.tables import metadata, word
from bot.store.values import micros, moment
from services.domain.errors import NotFound

KEPT_FOR = timedelta(days=14)
"""How long a draft waits for its confirmation."""

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False),
    Column("name", Text, nullable=False),  # of the file
    Column("document", Text, nullable=False),
    Column("policy", Text),  # none: that of the project
    Column("edits", Text, nullable=False),  # JSON
    Column("amends", Text, nullable=False),  # the plan that it is a new version of
    Column("plan_id", Text, nullable=False),  # the plan that it has become
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("title", Text, nullable=False, server_default=""),  # "": as the document says
    Column("phases", Text),  # JSON: those that were handed in one by one, with the document as their overview
)
Index("ix_drafts_created_at", drafts.c.created_at)

_ADD = insert_into(drafts)
_ONE = select(*drafts.columns).where(drafts.c.id == bindparam("id"), drafts.c.created_at >= bindparam("since"))
_EDIT = text("UPDATE drafts SET edits = :edits WHERE id = :id AND plan_id = ''")
_REWRITE = text(
    "UPDATE drafts SET edits = '{}', document = :document, title = '', phases = NULL WHERE id = :id AND plan_id = ''"
)
_PUBLISHED = text("UPDATE drafts SET plan_id = :plan WHERE id = :id")
_DROP = text("DELETE FROM drafts WHERE id = :id")


@cache
def _open(among: int, *, goes_on: bool) -> Select[Any]:
    statement = select(*drafts.columns).where(drafts.c.plan_id == word(""), drafts.c.created_at >= bindparam("since"))
    if among:
        statement = statement.where(drafts.c.project.in_([bindparam(f"project_{n}") for n in range(among)]))
    if goes_on:
        before = tuple_(bindparam("after_0"), bindparam("after_1"))
        statement = statement.where(tuple_(drafts.c.created_at, drafts.c.id) < before)
    return statement.order_by(drafts.c.created_at.desc(), drafts.c.id.desc()).limit(bindparam("limit"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDraft:
    """A document on its way to become a plan. `policy` None: that of the project counts. `amends` is the id of the plan that it
    is a new version of, `plan` of the one that it has become; empty where there is none.

    `title` wins over that of the document. `phases` are those that were handed in one by one, as JSON values; the document is
    their overview then.
    """

    id: str
    project: str
    name: str
    document: str
    created_by: str
    created_at: datetime
    policy: str | None = None
    edits: dict[str, Any] = field(default_factory=dict)
    amends: str = ""
    plan: str = ""
    title: str = ""
    phases: list[dict[str, Any]] | None = None

    @property
    def expires_at(self) -> datetime:
        return self.created_at + KEPT_FOR


class Drafts(Apart):
    """Each call is a transaction of its own."""

    def add(self, draft: StoredDraft) -> None:
        with self._writing() as session:
            session.run(
                _ADD,
                id=draft.id,
                project=draft.project,
                name=draft.name,
                document=draft.document,
                policy=draft.policy,
                edits=json.dumps(draft.edits),
                amends=draft.amends,
                plan_id=draft.plan,
                created_by=draft.created_by,
                created_at=micros(draft.created_at),
                title=draft.title,
                phases=None if draft.phases is None else json.dumps(draft.phases),
            )

    def one(self, id: str, now: datetime) -> StoredDraft:
        """Raises NotFound, also for one that has expired."""
        with self._reading() as session:
            row = session.row(_ONE, id=id, since=micros(now - KEPT_FOR))
        if row is None:
            raise NotFound(f"there is no draft {id}")
        return _draft(row)

    def open(
        self,
        now: datetime,
        *,
        projects: Collection[str] | None = None,
        after: tuple[Any, ...] | None = None,
        limit: int = 200,
    ) -> list[StoredDraft]:
        """Those that wait for their confirmation, the newest first; `projects` None: of all. `after`: a `draft_place`."""
        if projects is not None and not projects:
            return []
        among = {f"project_{n}": one for n, one in enumerate(sorted(projects or ()))}
        place = {f"after_{n}": one for n, one in enumerate(after or ())}
        statement = _open(len(among), goes_on=after is not None)
        with self._reading() as session:
            rows = session.rows(statement, since=micros(now - KEPT_FOR), limit=limit, **among, **place)
        return [_draft(row) for row in rows]

    def edit(self, id: str, edits: dict[str, Any]) -> None:
        """One that was published stays as it is."""
        with self._writing() as session:
            session.run(_EDIT, id=id, edits=json.dumps(edits))

    def rewrite(self, id: str, document: str) -> None:
        """Another text, read anew; what was edited about the old one is gone. One that was published stays as it is."""
        with self._writing() as session:
            session.run(_REWRITE, id=id, document=document)

    def published(self, id: str, plan: str) -> None:
        with self._writing() as session:
            session.run(_PUBLISHED, id=id, plan=plan)

    def drop(self, id: str) -> None:
        with self._writing() as session:
            session.run(_DROP, id=id)


def draft_place(draft: StoredDraft) -> tuple[Any, ...]:
    """Its place among all drafts."""
    return (micros(draft.created_at), draft.id)


def _draft(row: Row) -> StoredDraft:
    id, project, name, document, policy, edits, amends, plan, created_by, created_at, title, phases = row
    return StoredDraft(
        id=id,
        project=project,
        name=name,
        document=document,
        policy=policy,
        edits=json.loads(edits),
        amends=amends,
        plan=plan,
        created_by=created_by,
        created_at=moment(created_at),
        title=title,
        phases=None if phases is None else json.loads(phases),
    )
