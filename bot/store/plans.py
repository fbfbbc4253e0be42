"""Plans in SQL: each Work remembers what it was given and what it saved, and writes the difference once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text

from bot.store.plan_rows import (
    attempt_row,
    dependency_rows,
    load,
    may_start,
    new_phase_row,
    new_plan_row,
    phase_id,
    phase_row,
    plan_row,
    shape_row,
)
from bot.store.scheduling import DUE, NEXT_WAKE, STARTABLE, changed_phases, slots_taken, take_turn
from bot.store.spending import spending
from bot.store.sql import Listed, Session, insert_into, names_of, update_of
from bot.store.tables import (
    attempts,
    dependencies,
    phase_texts,
    phases,
    plan_texts,
    plans,
)
from bot.store.values import micros, micros_or_none, moment_or_none, to_json
from services.domain.attempts import Attempt
from services.domain.budgets import Spending
from services.domain.errors import NotFound, PlanMoved
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.world import Slots
from services.ports import PhaseText, PlanText

_FIXED_OF_PLAN = ("id", "project", "source", "tracked", "created_at", "made_by")
_SHAPE_OF_PHASE = ("ordinal", "title", "number", "rules", "leaving", "removed_at", "paths")
_FIXED_OF_PHASE = ("id", "plan_id", "key", *_SHAPE_OF_PHASE)
_CHANGE_PLAN = update_of(plans, names_of(plans, *_FIXED_OF_PLAN), "id = :id AND version = :known")
_CHANGE_PHASE = update_of(phases, names_of(phases, *_FIXED_OF_PHASE), "id = :id")
_CHANGE_ATTEMPT = update_of(
    attempts, names_of(attempts, "phase_id", "number"), "phase_id = :phase_id AND number = :number"
)
_CHANGE_SHAPE = update_of(phases, _SHAPE_OF_PHASE, "id = :id")
_FORGET_DEPENDENCIES = text("DELETE FROM dependencies WHERE phase_id IN (SELECT id FROM phases WHERE plan_id = :plan)")
_CHANGE_OVERVIEW = text("UPDATE plan_texts SET overview = :overview WHERE plan_id = :plan_id")
_FORGET_PHASE_TEXT = text("DELETE FROM phase_texts WHERE phase_id = :phase_id")
_ADD_PROJECT = text("INSERT INTO projects (id, created_at, paused) VALUES (:id, :now, false) ON CONFLICT DO NOTHING")
_ADD_PLAN = insert_into(plans)
_ADD_PHASE = insert_into(phases)
_ADD_ATTEMPT = insert_into(attempts)
_ADD_DEPENDENCY = insert_into(dependencies)
_ADD_PLAN_TEXT = insert_into(plan_texts)
_ADD_PHASE_TEXT = insert_into(phase_texts)

_LOCKED = Listed(
    lambda ids: select(plans.c.id, plans.c.version).where(plans.c.id.in_(ids)).with_for_update(skip_locked=True)
)
_VERSION = select(plans.c.version).where(plans.c.id == bindparam("id"))
_VERSIONS = Listed(lambda ids: select(plans.c.id, plans.c.version).where(plans.c.id.in_(ids)))
_SOURCE = (
    select(plans.c.id)
    .where(plans.c.project == bindparam("project"), plans.c.source == bindparam("source"))
    .order_by(plans.c.created_at.desc(), plans.c.id.desc())
    .limit(1)
)
_OVERVIEW = select(plan_texts.c.overview).where(plan_texts.c.plan_id == bindparam("id"))
_TEXTS = (
    select(phases.c.key, phase_texts.c.content, phase_texts.c.tasks, phase_texts.c.documents)
    .join_from(phase_texts, phases, phases.c.id == phase_texts.c.phase_id)
    .where(phases.c.plan_id == bindparam("id"), phases.c.removed_at.is_(None))
    .order_by(phases.c.ordinal)
)


@dataclass(slots=True)
class _Held:
    """A plan that this Work holds: its version when it was locked, as the database has it, and as it is to become."""

    version: int
    stored: Plan
    plan: Plan
    wake_at: datetime | None = None

    @property
    def is_changed(self) -> bool:
        return self.plan is not self.stored


class PlanCache:
    """Plans as they were last read or committed by this process, without their bodies; the oldest make room for new ones.

    An entry is right for its version only, so it is used after the version has been read from the database.
    """

    def __init__(self, limit: int = 2_000) -> None:
        self._limit = limit
        self._plans: dict[str, Plan] = {}

    def get(self, id: str, version: int) -> Plan | None:
        plan = self._plans.get(id)
        return plan if plan is not None and plan.version == version else None

    def put(self, plan: Plan) -> None:
        self._plans[plan.id] = plan
        if len(self._plans) > self._limit:
            self._plans.pop(next(iter(self._plans)), None)


class SqlPlans:
    """Implements `services.ports.Plans` in one transaction."""

    def __init__(self, session: Session, cache: PlanCache, now: datetime) -> None:
        self._session = session
        self._cache = cache
        self._now = micros(now)
        self._held: dict[str, _Held] = {}
        self._seen: dict[str, Plan] = {}
        self._new_attempts: dict[tuple[str, int], Attempt] = {}
        self._changed_attempts: dict[tuple[str, int], Attempt] = {}

    # ------------------------------------------------------------ writing

    def add(self, plan: Plan, text: PlanText) -> None:
        session, now = self._session, self._now
        session.run(_ADD_PROJECT, id=plan.project, now=now)
        session.each(_ADD_PLAN, [new_plan_row(plan, now)])
        session.each(_ADD_PHASE, [new_phase_row(plan, phase, now) for phase in plan])
        session.each(_ADD_DEPENDENCY, dependency_rows(plan))
        session.each(_ADD_ATTEMPT, [attempt_row(phase_id(plan.id, p), p.attempt) for p in plan if p.attempt])
        session.each(_ADD_PLAN_TEXT, [{"plan_id": plan.id, "overview": text.overview}])
        session.each(_ADD_PHASE_TEXT, [_text_row(plan, key, body) for key, body in text.phases.items()])
        self._seen[plan.id] = plan

    def save(self, before: Plan, after: Plan, wake_at: datetime | None) -> Plan:
        held = self._held.get(after.id)
        if held is None or before.version not in (held.version, held.version + 1):
            raise PlanMoved(f"plan {after.id} is not held at version {before.version}")
        for phase in changed_phases(held.plan, after):
            self._note_attempt(after.id, held.plan.phases.get(phase.key), phase)
        if after.removed is not held.plan.removed:  # their last attempts may have ended just now
            for key in after.removed.keys() & held.plan.phases.keys():
                self._note_attempt(after.id, held.plan.phases[key], after.removed[key])
        held.plan = replace(after, version=held.version + 1)
        held.wake_at = wake_at
        return held.plan

    def _note_attempt(self, plan: str, before: Phase | None, after: Phase) -> None:
        attempt, old = after.attempt, before and before.attempt
        if attempt is None or attempt is old:
            return
        row = (phase_id(plan, after), attempt.number)
        is_new = old is None or old.number != attempt.number
        noted = self._new_attempts if is_new or row in self._new_attempts else self._changed_attempts
        noted[row] = attempt

    def flush(self) -> None:
        """Write what was saved. Raises PlanMoved if somebody else was quicker after all."""
        changed = [held for held in self._held.values() if held.is_changed]
        if not changed:
            return
        session, now = self._session, self._now
        rows = [
            plan_row(held.plan, micros_or_none(held.wake_at), now) | {"known": held.stored.version} for held in changed
        ]
        if session.each(_CHANGE_PLAN, rows) != len(rows):
            raise PlanMoved("a plan was saved by somebody else in the meantime")
        for held in changed:
            if held.plan.revision != held.stored.revision:
                self._reshape(held.stored, held.plan)
            elif under_others := [one for one in held.plan if one.rules is not held.stored.phases[one.key].rules]:
                session.each(_CHANGE_SHAPE, [shape_row(held.plan, phase) for phase in under_others])
        session.each(_CHANGE_PHASE, [row for held in changed for row in _phase_rows(held, now)])
        session.each(_ADD_ATTEMPT, [attempt_row(row[0], made) for row, made in self._new_attempts.items()])
        session.each(_CHANGE_ATTEMPT, [attempt_row(row[0], made) for row, made in self._changed_attempts.items()])
        self._new_attempts.clear()
        self._changed_attempts.clear()
        for held in changed:
            held.stored = held.plan

    def _reshape(self, stored: Plan, plan: Plan) -> None:
        """Phases that came, went or changed places, and who needs whom now."""
        session, ever = self._session, (*plan, *plan.removed.values())
        added = [phase for phase in ever if phase.key not in stored.phases and phase.key not in stored.removed]
        session.run(_FORGET_DEPENDENCIES, plan=plan.id)
        session.each(_ADD_PHASE, [new_phase_row(plan, phase, self._now) for phase in added])
        session.each(_CHANGE_SHAPE, [shape_row(plan, phase) for phase in ever])
        session.each(_ADD_DEPENDENCY, dependency_rows(plan))

    def rewrite(self, id: str, text: PlanText) -> None:
        self.flush()
        session, plan = self._session, self._held[id].plan
        session.run(_CHANGE_OVERVIEW, plan_id=id, overview=text.overview)
        rows = [_text_row(plan, key, body) for key, body in text.phases.items()]
        session.each(_FORGET_PHASE_TEXT, rows)
        session.each(_ADD_PHASE_TEXT, rows)

    def committed(self) -> None:
        """What this Work read and saved is now what is true: remember it."""
        for plan in (*self._seen.values(), *(held.plan for held in self._held.values())):
            self._cache.put(plan)

    # ------------------------------------------------------------ reading plans

    def locked(self, ids: Collection[str]) -> dict[str, Plan]:
        wanted = dict.fromkeys(ids)
        if missing := [id for id in wanted if id not in self._held]:
            versions: dict[str, int] = dict(self._session.among(_LOCKED, missing))
            for id, plan in self._plans(versions).items():
                self._held[id] = _Held(plan.version, stored=plan, plan=plan)
        return {id: self._held[id].plan for id in wanted if id in self._held}

    def find(self, id: str) -> Plan | None:
        if held := self._held.get(id):
            return held.plan
        while row := self._session.row(_VERSION, id=id):
            plan = self._plans({id: row[0]}).get(id)
            if plan is not None and plan.version == row[0]:  # else it was saved while we read its phases
                self._seen[id] = plan
                return plan
        return None

    def find_all(self, ids: Collection[str]) -> dict[str, Plan]:
        """Many at once, for reading. One that is being saved at this moment is as it was, or as it will be."""
        versions: dict[str, int] = dict(self._session.among(_VERSIONS, ids))
        found = self._plans(versions)
        self._seen.update(found)
        return found

    def find_source(self, project: str, source: str) -> Plan | None:
        row = self._session.row(_SOURCE, project=project, source=source)
        return None if row is None else self.find(row[0])

    def _plans(self, versions: dict[str, int]) -> dict[str, Plan]:
        known = {id: plan for id, version in versions.items() if (plan := self._cache.get(id, version))}
        return known | load(self._session, [id for id in versions if id not in known])

    def text(self, id: str) -> PlanText:
        overview = self._session.row(_OVERVIEW, id=id)
        if overview is None:
            raise NotFound(f"there is no plan {id}")
        return PlanText(
            overview=overview[0],
            phases={key: _phase_text(*columns) for key, *columns in self._session.rows(_TEXTS, id=id)},
        )

    # ------------------------------------------------------------ questions about all plans

    def startable(self, limit: int) -> list[str]:
        self.flush()
        return [id for (id,) in self._session.rows(STARTABLE, now=self._now, limit=limit)]

    def due(self, now: datetime) -> list[str]:
        self.flush()
        return [id for (id,) in self._session.rows(DUE, now=micros(now))]

    def next_wake(self) -> datetime | None:
        self.flush()
        row = self._session.row(NEXT_WAKE)
        return moment_or_none(row[0]) if row else None

    def spending(self, plan: Plan, since: datetime) -> Spending:
        self.flush()
        return spending(self._session, plan.id, plan.project, since)

    def slots(self) -> Slots:
        take_turn(self._session)
        return slots_taken(self._session, [(held.stored, held.plan) for held in self._held.values() if held.is_changed])


def _phase_rows(held: _Held, now: int) -> Iterator[dict[str, Any]]:
    stored, plan = held.stored, held.plan
    for phase in changed_phases(stored, plan):
        yield phase_row(plan, phase, now)
    if stored.removed is not plan.removed:
        yield from (
            phase_row(plan, phase, now) for key, phase in plan.removed.items() if phase is not stored.removed.get(key)
        )
    if stored.selected != plan.selected:
        for key, phase in plan.phases.items():
            if phase is stored.phases.get(key) and may_start(plan, phase) is not may_start(stored, phase):
                yield phase_row(plan, phase, now)


def _text_row(plan: Plan, key: str, body: PhaseText) -> dict[str, Any]:
    return {
        "phase_id": phase_id(plan.id, plan.ever(key)),
        "content": body.content,
        "tasks": to_json(body.tasks),
        "documents": to_json(body.documents),
    }


def _phase_text(content: str, tasks: str, documents: str) -> PhaseText:
    return PhaseText(
        content=content,
        tasks=tuple((done, words) for done, words in json.loads(tasks)),
        documents=tuple(json.loads(documents)),
    )
