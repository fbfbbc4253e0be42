"""Showing: from our own values to the shapes that the API answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.bootstrap import Phasebot
from bot.store import views
from bot.store.records import EventLine
from bot.web.api.shapes import (
    AttemptShape,
    ChangesShape,
    EventShape,
    FailureShape,
    FindingShape,
    PhaseData,
    PhaseDetail,
    PlanDetail,
    PlanSummary,
    PolicyOfPlan,
    PullShape,
    QueueItem,
    Reason,
)
from bot.web.auth.permits import Permit
from services.commands.offers import verbs_for_phase, verbs_for_plan
from services.commands.spec import PRIORITY
from services.coordinator.reason_words import in_words, of_merge
from services.domain.access import Role
from services.domain.attempts import Attempt
from services.domain.failure import Failure
from services.domain.findings import Finding
from services.domain.phase import QueueStatus
from services.domain.plan import HANDED_IN, Plan
from services.domain.pull import Pull


class Reasons:
    """Why phases are not running, all at one moment."""

    def __init__(self, phasebot: Phasebot) -> None:
        self._why = phasebot.answers.why_now()
        self._now = phasebot.clock.now()

    def of(self, plan: Plan, item: views.QueueItem) -> Reason | None:
        phase = plan.phases.get(item.phase_key)
        found = self._why(plan, phase) if phase else None
        if found is None:
            return None
        return Reason(
            code=found.code,
            words=in_words(plan, found, self._now),
            phases=[plan.phase(key).ordinal for key in found.phases],
            until=found.until,
            what=found.what,
            facts=found.facts,
        )


def queue_items(phasebot: Phasebot, items: Sequence[views.QueueItem]) -> list[QueueItem]:
    """Queue items with their reasons, in a fixed number of queries."""
    plans = phasebot.store.lookups.plans(item.plan_id for item in items if item.status in _WAITING)
    reasons = Reasons(phasebot)
    return [QueueItem(**_item(item, plans.get(item.plan_id), reasons)) for item in items]


def plan_detail(permit: Permit, id: str) -> PlanDetail:
    """Raises NotFound."""
    phasebot = permit.bot
    detail = phasebot.store.views.plan(id)
    return PlanDetail(
        **_summary(detail.view),
        overview=detail.overview,
        issue_url=phasebot.answers.issue_url(detail.view.plan),
        phases=queue_items(phasebot, phasebot.store.views.queue(plan=id)),
        orders=_orders(permit, detail.view.plan, verbs_for_plan(detail.view.plan)),
    )


def phase_detail(permit: Permit, item: views.QueueItem) -> PhaseDetail:
    phasebot = permit.bot
    plan = phasebot.store.views.plan(item.plan_id).view.plan
    phase = plan.phase(item.phase_key)
    return PhaseDetail(
        **_item(item, plan, Reasons(phasebot)),
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
        attempts=[attempt(one) for one in phasebot.store.views.attempts(item.queue_id)],
        orders=_orders(permit, plan, verbs_for_phase(plan, phase)),
    )


def _orders(permit: Permit, plan: Plan, fitting: Sequence[str]) -> list[str]:
    """Of those that fit, what whoever asks may order."""
    role = permit.caller.role_in(plan.project)
    if role is None or not role.includes(Role.OPERATOR):
        return []
    urgent = () if plan.retracted_at is not None else (PRIORITY,)
    return [verb for verb in (*fitting, *urgent) if verb != "retract" or role.includes(Role.ADMIN)]


def event(line: EventLine) -> EventShape:
    what = line.event
    return EventShape(
        seq=line.seq,
        at=line.at,
        project=line.project,
        kind=what.kind,
        plan=what.plan,
        job=what.job,
        phase=what.phase,
        by=what.by,
        cause=what.cause,
        facts=dict(what.facts),
    )


def findings(found: Iterable[Finding]) -> list[FindingShape]:
    return [FindingShape.model_validate(one.as_json()) for one in found]


def plan_summary(view: views.PlanView) -> PlanSummary:
    return PlanSummary(**_summary(view))


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
        "pull": plan.pull and pull_shape(plan.pull),
        "created_at": plan.created_at,
        "updated_at": view.updated_at,
        "by": plan.by,
        "policy": policy_shape(plan.policy),
    }


def policy_shape(origin: str) -> PolicyOfPlan:
    """What `Plan.policy` says."""
    if origin in ("", HANDED_IN):
        return PolicyOfPlan(origin="handed_in" if origin else "none", commit=None)
    return PolicyOfPlan(origin="repository", commit=origin)


def pull_shape(pull: Pull) -> PullShape:
    return PullShape(
        state=pull.state,
        number=pull.number or None,
        url=pull.url,
        branch=pull.branch,
        base=pull.base,
        words=of_merge(pull),
        why=pull.why,
    )


def _item(item: views.QueueItem, plan: Plan | None, reasons: Reasons) -> dict[str, Any]:
    shown = {name: getattr(item, name) for name in QueueItem.model_fields if name not in ("reason", "phase_data")}
    return {
        **shown,
        "phase_data": PhaseData.model_validate(item.phase_data),
        "reason": reasons.of(plan, item) if plan and item.status in _WAITING else None,
    }


_WAITING = (QueueStatus.QUEUED, QueueStatus.READY, QueueStatus.BLOCKED)


def attempt(attempt: Attempt) -> AttemptShape:
    return AttemptShape(
        number=attempt.number,
        executor=attempt.executor,
        state=attempt.state,
        claimed_at=attempt.claimed_at,
        finished_at=attempt.finished_at,
        failure=_failure(attempt.failure),
        kind=attempt.kind,
        executor_ref=attempt.ref,
        url=attempt.url,
        held=attempt.held,
        changes=None if attempt.changes is None else ChangesShape.model_validate(attempt.changes),
    )


def _failure(failure: Failure | None) -> FailureShape | None:
    return None if failure is None else FailureShape.model_validate(failure)
