"""The event `issues`: a hand on an issue is an order, if the plan does not say so already and the person may give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.github.events.payloads import Account, Issue, Payload, Repository
from bot.github.events.sources import MAY_STEER, Sources, Subject
from services.domain.messages import (
    CancelPhase,
    CancelPlan,
    CompletePhase,
    Judgement,
    Message,
    ReopenPhase,
    ResumePlan,
    SkipPhase,
)
from services.domain.phase import Phase
from services.domain.plan import Plan, PlanState
from services.domain.progress import is_completed
from services.domain.transitions import PhaseState

log = structlog.get_logger()


class IssueEvent(Payload):
    """As far as it is read."""

    action: str
    issue: Issue
    repository: Repository
    sender: Account


def read(body: bytes, sources: Sources) -> Sequence[Message]:
    """Raises TransientError if GitHub cannot be asked now, pydantic.ValidationError for what is no such event."""
    event = IssueEvent.model_validate_json(body)
    project = event.repository.full_name
    subject = sources.find(project, event.issue.id)
    message = translate(event, subject) if subject else None
    if message is None or sources.is_our_own(event.sender):
        return ()
    who = sources.level(project, event.sender.login)
    if who.includes(MAY_STEER):
        return (replace(message, role=who.value) if isinstance(message, Judgement) else message,)
    log.warning("hand_not_heeded", login=event.sender.login, role=who.value, issue=event.issue.number)
    return ()


def translate(event: IssueEvent, subject: Subject) -> Message | None:
    """A hand on an issue is an order. None where it says nothing that the plan does not say already.

    The cause is the issue with its state and the moment of the change, so that the same change, told twice or found by
    reconciliation, is one.
    """
    issue = event.issue
    cause = f"issue/{issue.id}/{event.action}/{issue.updated_at.isoformat()}"
    if subject.phase is None:
        return _about_plan(event, subject.plan, cause)
    return _about_phase(event, subject.plan, subject.phase, cause)


def _about_phase(event: IssueEvent, plan: Plan, phase: Phase, cause: str) -> Message | None:
    order = _order(event, is_decided=phase.state in _DECIDED)
    return order(plan=plan.id, phase=phase.key, cause=cause, by=event.sender.login) if order else None


_HandOrder = type[CompletePhase] | type[SkipPhase] | type[CancelPhase] | type[ReopenPhase]


def _order(event: IssueEvent, *, is_decided: bool) -> _HandOrder | None:
    match event.action:
        case "closed" if not is_decided:
            return CompletePhase if event.issue.state_reason in (None, "completed") else SkipPhase
        case "reopened" if is_decided:
            return ReopenPhase
        case "deleted" | "transferred" if not is_decided:
            return CancelPhase
    return None


def _about_plan(event: IssueEvent, plan: Plan, cause: str) -> Message | None:
    by = event.sender.login
    match event.action:
        case "closed" | "deleted" | "transferred" if plan.state is not PlanState.CANCELLED and not is_completed(plan):
            return CancelPlan(plan=plan.id, cause=cause, by=by)
        case "reopened" if plan.state is PlanState.CANCELLED:
            return ResumePlan(plan=plan.id, cause=cause, by=by)
    return None


_DECIDED = frozenset({PhaseState.COMPLETED, PhaseState.SKIPPED, PhaseState.CANCELLED})
