"""Why a phase is not running: one function, the same answer in console, API, CLI, comment and `/phase why`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.domain.budgets import DAY, next_day, used_up
from services.domain.paths import shared_path
from services.domain.phase import MANUAL, Phase, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.progress import is_stopped, stops_plan
from services.domain.rules import BudgetMode
from services.domain.transitions import PhaseState
from services.domain.windows import closed_until
from services.domain.world import Slots, World

RUNNING = "running"
"""The name of the limit that spans everything."""


class ReasonCode(StrEnum):
    """The reasons, in the order in which they are looked for. Clearing one starts the phase or reveals the next."""

    NOT_STARTED = "not_started"
    PUBLISHING = "publishing"
    PLAN_CANCELLED = "plan_cancelled"
    PLAN_STOPPED = "plan_stopped"
    PLAN_PAUSED = "plan_paused"
    PROJECT_PAUSED = "project_paused"
    NOT_SELECTED = "not_selected"
    DEPENDENCY_FAILED = "dependency_failed"
    WAITING_FOR_DEPENDENCY = "waiting_for_dependency"
    APPROVAL_REQUIRED = "approval_required"
    WINDOW_CLOSED = "window_closed"
    RETRY_BACKOFF = "retry_backoff"
    ATTEMPT_STOPPING = "attempt_stopping"
    BUDGET_EXHAUSTED = "budget_exhausted"
    EXECUTOR_UNAVAILABLE = "executor_unavailable"
    PATH_CONFLICT = "path_conflict"
    SLOT_LIMIT = "slot_limit"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its facts: keys of `phases` concerned, when it ends (`until`), the limit, executor or path `what`.

    `why` is a stable word for the reason behind it, where there is one.
    """

    code: ReasonCode
    phases: tuple[str, ...] = ()
    until: datetime | None = None
    what: str = ""
    why: str = ""
    facts: dict[str, int] = field(default_factory=dict)


def why_not_running(plan: Plan, phase: Phase, world: World, now: datetime) -> Reason | None:
    """The first reason that holds for a phase that waits to start, or for its check; None if that may start, or is past it."""
    if phase.lacks_verdict:
        return next(_check_reasons(plan, phase, world, now), None)
    if phase.state is not PhaseState.WAITING:
        return None
    return next(_reasons(plan, phase, world, now), None)


def _reasons(plan: Plan, phase: Phase, world: World, now: datetime) -> Iterator[Reason]:
    yield from plan_reasons(plan, world)
    yield from phase_reasons(plan, phase, world, now)
    yield from slot_reasons(plan, phase, world, world.slots)


def _check_reasons(plan: Plan, phase: Phase, world: World, now: datetime) -> Iterator[Reason]:
    yield from verdict_reasons(plan, phase, world, now)
    yield from slot_reasons(plan, phase, world, world.slots)


def plan_reasons(plan: Plan, world: World) -> Iterator[Reason]:
    """What keeps every phase of the plan from starting."""
    if plan.state in _PLAN_STATES:
        yield Reason(_PLAN_STATES[plan.state])
    if is_stopped(plan):
        yield Reason(ReasonCode.PLAN_STOPPED, tuple(phase.key for phase in plan if stops_plan(phase)))
    if plan.state is PlanState.PAUSED:
        yield Reason(ReasonCode.PLAN_PAUSED)
    if plan.project in world.paused_projects:
        yield Reason(ReasonCode.PROJECT_PAUSED, what=plan.project, why=world.paused_projects[plan.project])


_PLAN_STATES = {
    PlanState.PLANNED: ReasonCode.NOT_STARTED,
    PlanState.PUBLISHING: ReasonCode.PUBLISHING,
    PlanState.CANCELLED: ReasonCode.PLAN_CANCELLED,
}


def phase_reasons(plan: Plan, phase: Phase, world: World, now: datetime) -> Iterator[Reason]:
    """What keeps this phase from starting, whatever slots are free."""
    if not plan.is_selected(phase):
        yield Reason(ReasonCode.NOT_SELECTED)
    if phase.status is not QueueStatus.READY:
        yield _dependency_reason(plan, phase)
    if phase.rules.approval and not phase.approved_by:
        yield Reason(ReasonCode.APPROVAL_REQUIRED)
    if until := closed_until(phase.rules.windows, now):
        yield Reason(ReasonCode.WINDOW_CLOSED, until=until)
    if phase.not_before is not None and phase.not_before > now:
        yield Reason(ReasonCode.RETRY_BACKOFF, until=phase.not_before)
    if stopping := _still_stopping(plan, phase):
        yield Reason(ReasonCode.ATTEMPT_STOPPING, stopping)
    yield from _budget_reasons(plan, phase, world, now)
    yield from _executor_reasons(phase, world)
    yield from _path_reasons(plan, phase)


def verdict_reasons(plan: Plan, phase: Phase, world: World, now: datetime) -> Iterator[Reason]:
    """What keeps the check of a phase from starting. A stopped plan lets it: what runs may finish. A pause does not."""
    halted = {ReasonCode.PLAN_STOPPED}
    yield from (reason for reason in plan_reasons(plan, world) if reason.code not in halted)
    if phase.not_before is not None and phase.not_before > now:
        yield Reason(ReasonCode.RETRY_BACKOFF, until=phase.not_before)
    if phase.is_stopping:
        yield Reason(ReasonCode.ATTEMPT_STOPPING, (phase.key,))
    yield from _budget_reasons(plan, phase, world, now)
    yield from _executor_reasons(phase, world)


def _budget_reasons(plan: Plan, phase: Phase, world: World, now: datetime) -> Iterator[Reason]:
    """A person's work costs nothing. The budget of a day is whole again with the next one."""
    budgets, spending = phase.rules.budgets, world.spending.get(plan.id)
    if spending is None or budgets.mode is not BudgetMode.STRICT or phase.next_executor == MANUAL:
        return
    for one in used_up(budgets, spending):
        until = next_day(now) if one.scope == DAY else None
        facts = {"limit": one.limit, "used": one.used}
        yield Reason(ReasonCode.BUDGET_EXHAUSTED, what=one.scope, why=one.measure, until=until, facts=facts)


def _executor_reasons(phase: Phase, world: World) -> Iterator[Reason]:
    name = phase.next_executor
    closed = world.closed.get(name)
    if closed is not None:
        yield Reason(ReasonCode.EXECUTOR_UNAVAILABLE, what=name, why=closed.why, until=closed.until)
    elif world.executors is not None and name not in world.executors:
        yield Reason(ReasonCode.EXECUTOR_UNAVAILABLE, what=name)


def _path_reasons(plan: Plan, phase: Phase) -> Iterator[Reason]:
    """Machines at work on the same file would end in a conflict. People see one another."""
    if phase.next_executor == MANUAL or not phase.paths:
        return
    for other in plan:
        at_work = other.key != phase.key and other.attempt is not None and other.attempt.holds_slot
        if at_work and (path := shared_path(phase.paths, other.paths)):
            yield Reason(ReasonCode.PATH_CONFLICT, (other.key,), what=path)


def _dependency_reason(plan: Plan, phase: Phase) -> Reason:
    unsatisfied = [need for need in plan.needs(phase) if not need.is_satisfied]
    if phase.status is QueueStatus.BLOCKED:
        gone = tuple(need.key for need in unsatisfied if need.status in _GIVEN_UP)
        return Reason(ReasonCode.DEPENDENCY_FAILED, gone)
    return Reason(ReasonCode.WAITING_FOR_DEPENDENCY, tuple(need.key for need in unsatisfied))


_GIVEN_UP = (QueueStatus.FAILED, QueueStatus.CANCELLED, QueueStatus.BLOCKED)


def _still_stopping(plan: Plan, phase: Phase) -> tuple[str, ...]:
    """Superseded executions that may still be at work in the same place: its own, or that of anything before it."""
    stopping = [one.key for one in plan if one.is_stopping]
    return tuple(key for key in stopping if key == phase.key or phase.key in plan.graph.downstream(key))


def slot_reasons(plan: Plan, phase: Phase, world: World, slots: Slots) -> Iterator[Reason]:
    """Which limit, if any, leaves no slot for this phase. A person's work takes none."""
    executor, limits = phase.next_executor, world.limits
    if executor == MANUAL:
        return
    held = (
        (RUNNING, limits.running, slots.running),
        ("project", limits.project, slots.projects.get(plan.project, 0)),
        ("plan", limits.plan, slots.plans.get(plan.id, 0)),
        (executor, limits.executors.get(executor), slots.executors.get(executor, 0)),
    )
    for what, limit, taken in held:
        if limit is not None and taken >= limit:
            yield Reason(ReasonCode.SLOT_LIMIT, what=what, facts={"limit": limit, "taken": taken})
