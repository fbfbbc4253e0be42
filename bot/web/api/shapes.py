"""Shapes: what the API answers. Field names are stable; times are ISO 8601 in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from bot.bootstrap import Phasebot
from bot.store import views
from services.domain.attempts import Attempt, AttemptState
from services.domain.failure import Failure
from services.domain.phase import OnError, Qa, QueueStatus
from services.domain.plan import Plan, PlanState
from services.domain.progress import PlanStatus
from services.domain.reasons import ReasonCode


class Shape(BaseModel):
    """Read from our own values, never written to."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Reason(Shape):
    """Why a phase is not running: the first reason that holds. Clearing it starts the phase or reveals the next."""

    code: ReasonCode
    phases: list[int] = Field(description="Numbers of the phases concerned")
    until: datetime | None = Field(description="The moment at which it ends by itself, where there is one")
    what: str = Field(description="The limit, executor or project concerned")
    facts: dict[str, int]


class PhaseData(Shape):
    """What a phase says."""

    title: str
    content: str = Field(description="Markdown")
    external_docs: list[str] = Field(description="Paths in the repository")


_ITEM: dict[str, Any] = {
    "queue_id": "4kd0x9q2mz.2",
    "parent_issue": 12,
    "phase_number": 2,
    "issue_number": 14,
    "status": "ready",
    "depends_on_phases": [1],
    "phase_data": {"title": "Pages", "content": "Write the pages.", "external_docs": ["docs/pages.md"]},
    "created_at": "2026-11-20T12:00:00Z",
    "updated_at": "2026-11-20T12:03:00Z",
    "error_message": "`make pages` ended with exit code 2",
    "reason": {"code": "retry_backoff", "phases": [], "until": "2026-11-20T12:03:05Z", "what": "", "facts": {}},
}


class QueueItem(Shape):
    """A phase as the queue shows it. `phase_number` is its place in the plan, from 1; issues are null until created."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    queue_id: str
    parent_issue: int | None
    phase_number: int
    issue_number: int | None
    status: QueueStatus
    depends_on_phases: list[int]
    phase_data: PhaseData
    created_at: datetime
    updated_at: datetime
    error_message: str | None
    reason: Reason | None = Field(description="Null if it may start, runs, or is decided")


class PlanSummary(Shape):
    """A plan and how it stands. `version` rises with every change; orders may name the one they were meant for."""

    id: str
    project: str
    title: str
    source: str
    status: PlanStatus
    state: PlanState
    version: int
    priority: int
    issue_number: int | None
    counts: dict[QueueStatus, int] = Field(description="How many phases stand how")
    created_at: datetime | None
    updated_at: datetime

    @classmethod
    def of(cls, view: views.PlanView) -> Self:
        return cls(**_summary(view))


class PlanDetail(PlanSummary):
    """One plan with its phases, in plan order."""

    overview: str
    issue_url: str
    phases: list[QueueItem]


class AttemptShape(Shape):
    """One execution of a phase."""

    number: int
    executor: str
    state: AttemptState
    claimed_at: datetime
    finished_at: datetime | None
    failure: FailureShape | None


class FailureShape(Shape):
    """What went wrong, in which tool, and whether trying again may help."""

    type: str
    message: str
    tool: str
    retryable: bool
    timestamp: str
    details: dict[str, Any]


class PhaseDetail(QueueItem):
    """One phase in full."""

    model_config = ConfigDict(json_schema_extra={})

    plan_id: str
    plan_version: int
    project: str
    key: str
    number: str | None = Field(description="The number as the plan writes it")
    issue_url: str
    executor: str
    on_error: OnError
    retries: int
    approval: bool
    qa: Qa
    approved_by: str
    started_at: datetime | None
    finished_at: datetime | None
    attempts: list[AttemptShape]


class EventShape(Shape):
    """One line of the audit trail; `seq` rises along it."""

    seq: int
    at: datetime
    kind: str
    plan: str
    phase: str | None = Field(description="The key of the phase it is about, if it is about one")
    by: str = Field(description="Who caused it; empty for the machine itself")
    cause: str
    facts: dict[str, Any]


# ---------------------------------------------------------------- from our values to shapes


def queue_items(phasebot: Phasebot, items: Iterable[views.QueueItem]) -> list[QueueItem]:
    """Queue items with their reasons."""
    plans: dict[str, Plan | None] = {}
    for item in (items := list(items)):
        if item.plan_id not in plans:
            plans[item.plan_id] = phasebot.answers.plan(item.plan_id)
    return [QueueItem(**_item(phasebot, item, plans[item.plan_id])) for item in items]


def plan_detail(phasebot: Phasebot, id: str) -> PlanDetail:
    """Raises NotFound."""
    detail = phasebot.store.views.plan(id)
    return PlanDetail(
        **_summary(detail.view),
        overview=detail.overview,
        issue_url=phasebot.answers.issue_url(detail.view.plan),
        phases=queue_items(phasebot, phasebot.store.views.queue(plan=id)),
    )


def phase_detail(phasebot: Phasebot, item: views.QueueItem) -> PhaseDetail:
    plan = phasebot.store.views.plan(item.plan_id).view.plan
    phase = plan.phase(item.phase_key)
    return PhaseDetail(
        **_item(phasebot, item, plan),
        plan_id=plan.id,
        plan_version=plan.version,
        project=plan.project,
        key=phase.key,
        number=phase.number,
        issue_url=phasebot.answers.issue_url(plan, phase),
        executor=phase.rules.executor,
        on_error=phase.rules.on_error,
        retries=phase.rules.retries,
        approval=phase.rules.approval,
        qa=phase.rules.qa,
        approved_by=phase.approved_by,
        started_at=phase.started_at,
        finished_at=phase.finished_at,
        attempts=[_attempt(one) for one in phasebot.store.views.attempts(item.queue_id)],
    )


def event(line: views.Line) -> EventShape:
    what = line.event
    return EventShape(
        seq=line.seq,
        at=line.at,
        kind=what.kind,
        plan=what.plan,
        phase=what.phase,
        by=what.by,
        cause=what.cause,
        facts=dict(what.facts),
    )


def _summary(view: views.PlanView) -> dict[str, Any]:
    plan = view.plan
    return {
        "id": plan.id,
        "project": plan.project,
        "title": plan.title,
        "source": plan.source,
        "status": view.status,
        "state": plan.state,
        "version": plan.version,
        "priority": plan.priority,
        "issue_number": plan.issue and plan.issue.number,
        "counts": dict(view.phases),
        "created_at": plan.created_at,
        "updated_at": view.updated_at,
    }


def _item(phasebot: Phasebot, item: views.QueueItem, plan: Plan | None) -> dict[str, Any]:
    shown = {name: getattr(item, name) for name in QueueItem.model_fields if name not in ("reason", "phase_data")}
    return {
        **shown,
        "phase_data": PhaseData.model_validate(item.phase_data),
        "reason": _reason(phasebot, plan, item) if plan and item.status in _WAITING else None,
    }


_WAITING = (QueueStatus.QUEUED, QueueStatus.READY, QueueStatus.BLOCKED)


def _reason(phasebot: Phasebot, plan: Plan, item: views.QueueItem) -> Reason | None:
    found = phasebot.answers.why(plan, plan.phase(item.phase_key))
    if found is None:
        return None
    numbers = [plan.phase(key).ordinal for key in found.phases]
    return Reason(code=found.code, phases=numbers, until=found.until, what=found.what, facts=found.facts)


def _attempt(attempt: Attempt) -> AttemptShape:
    return AttemptShape(
        number=attempt.number,
        executor=attempt.executor,
        state=attempt.state,
        claimed_at=attempt.claimed_at,
        finished_at=attempt.finished_at,
        failure=_failure(attempt.failure),
    )


def _failure(failure: Failure | None) -> FailureShape | None:
    return None if failure is None else FailureShape.model_validate(failure)
