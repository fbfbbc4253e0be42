"""Scheduling in SQL: which plans may start something, when the next one wants to be woken, and which slots are taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from bot.store.projects import IS_PAUSED
from bot.store.sql import Session
from bot.store.tables import coordination, phases, plans, projects, word, yes
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.world import Slots

_TURN = select(coordination.c.id).with_for_update()
DUE = select(plans.c.id).where(plans.c.wake_at <= bindparam("now")).order_by(plans.c.wake_at)
NEXT_WAKE = select(func.min(plans.c.wake_at)).where(plans.c.wake_at.is_not(None))
_SLOTS = (
    select(plans.c.project, phases.c.plan_id, phases.c.executor, func.count())
    .join_from(phases, plans, plans.c.id == phases.c.plan_id)
    .where(yes(phases.c.holds_slot))
    .group_by(plans.c.project, phases.c.plan_id, phases.c.executor)
)


def _startable() -> Any:
    """Priority (a phase's own counts before its plan's), then the project with the least running, then age."""
    taken = (
        select(plans.c.project, func.count().label("slots"))
        .join_from(phases, plans, plans.c.id == phases.c.plan_id)
        .where(yes(phases.c.holds_slot))
        .group_by(plans.c.project)
        .subquery()
    )
    ready, stopped = phases.alias("ready"), phases.alias("stopped")
    due = or_(phases.c.not_before.is_(None), phases.c.not_before <= bindparam("now"))
    return (
        select(plans.c.id)
        .join_from(phases, plans, plans.c.id == phases.c.plan_id)
        .join(projects, projects.c.id == plans.c.project)
        .outerjoin(taken, taken.c.project == plans.c.project)
        .where(yes(phases.c.startable), plans.c.state == word("active"), ~IS_PAUSED, due)
        # said twice, so that no planner begins with all the plans there ever were
        .where(plans.c.id.in_(select(ready.c.plan_id).where(yes(ready.c.startable))))
        # a plan that has stopped lets finish what runs, and with it the checks of what has run
        .where(
            or_(
                phases.c.state == word("needs_qa"),
                plans.c.id.not_in(select(stopped.c.plan_id).where(yes(stopped.c.stops_plan))),
            )
        )
        .group_by(plans.c.id, plans.c.priority, plans.c.created_at, taken.c.slots)
        .order_by(
            func.min(func.coalesce(phases.c.priority, plans.c.priority)),
            func.coalesce(taken.c.slots, 0),
            plans.c.created_at,
            plans.c.id,
        )
        .limit(bindparam("limit"))
    )


STARTABLE = _startable()


def take_turn(session: Session) -> None:
    """Wait until no other Work allocates slots, applies deliveries or numbers effects; the turn ends with this Work.

    On SQLite a Work has it from its first moment. On PostgreSQL it is one row's lock, one for all three, so that two
    coordinators cannot wait for each other.
    """
    session.rows(_TURN)


def slots_taken(session: Session, changes: Iterable[tuple[Plan, Plan]]) -> Slots:
    """What the database says, and what this Work has changed since: plans as (stored, now).

    To give slots away, take the turn first; to show them, this is enough.
    """
    taken = _Taken()
    for project, plan, executor, count in session.rows(_SLOTS):
        taken.add(project, plan, executor, count)
    for stored, now in changes:
        taken.add_changes(stored, now)
    return taken.slots()


class _Taken:
    """Slots being counted: what the database says, and what this Work has changed since."""

    def __init__(self) -> None:
        self.running = 0
        self.projects: defaultdict[str, int] = defaultdict(int)
        self.plans: defaultdict[str, int] = defaultdict(int)
        self.executors: defaultdict[str, int] = defaultdict(int)

    def add(self, project: str, plan: str, executor: str, count: int) -> None:
        self.running += count
        self.projects[project] += count
        self.plans[plan] += count
        self.executors[executor] += count

    def slots(self) -> Slots:
        return Slots(self.running, _above_zero(self.projects), _above_zero(self.plans), _above_zero(self.executors))

    def add_changes(self, before: Plan, after: Plan) -> None:
        for phase in changed_phases(before, after):
            old = before.phases.get(phase.key)
            for attempt, by in ((old.attempt if old else None, -1), (phase.attempt, 1)):
                if attempt is not None and attempt.holds_slot:
                    self.add(after.project, after.id, attempt.executor, by)


def _above_zero(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def changed_phases(before: Plan, after: Plan) -> Iterator[Phase]:
    """Phases are values: one that has not changed is the very same object. New ones have changed, too."""
    known = before.phases
    return (phase for key, phase in after.phases.items() if phase is not known.get(key))
