"""Orders over HTTP: the same messages that a comment would send, one route for each verb."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field

from bot.bootstrap import Phasebot
from bot.web.api.inputs import Words
from bot.web.auth.permits import Permit
from bot.web.failures import Problem
from services.domain import messages as m
from services.domain.plan import Plan

PlanOrder = m.StartPlan | m.PausePlan | m.ResumePlan | m.CancelPlan

PLAN_VERBS: dict[str, type[PlanOrder]] = {
    "start": m.StartPlan,
    "pause": m.PausePlan,
    "resume": m.ResumePlan,
    "cancel": m.CancelPlan,
}

PHASE_VERBS: dict[str, type[m.PhaseOrder]] = {
    "retry": m.RetryPhase,
    "skip": m.SkipPhase,
    "complete": m.CompletePhase,
    "approve": m.ApprovePhase,
    "reject": m.RejectPhase,
    "cancel": m.CancelPhase,
    "reopen": m.ReopenPhase,
}


class OrderText(BaseModel):
    """What may come with an order. All of it can be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int | None = Field(
        None, ge=0, description="The version of the plan that was looked at; 409 if it is older"
    )
    why: Words = Field("", max_length=2000, description="For people to read; only `reject` keeps it")


def new_cause() -> str:
    """Each request is an order of its own, however alike two may look."""
    return f"api/{uuid.uuid4().hex}"


def refuse_stale(plan: Plan, version: int | None) -> None:
    """Raises Problem if the plan has moved on since whoever asks looked at it."""
    if version is not None and version != plan.version:
        message = f"the plan is at version {plan.version} by now, and this was meant for {version}; look at it again"
        raise Problem(HTTPStatus.CONFLICT, "stale_version", message, details={"version": plan.version})


def project_for(permit: Permit, asked: str | None, source: str) -> str:
    """Where something new goes: where it is asked for, the only project that the asker has, or the server's own.

    Raises NotFound, or Problem for too small a role there.
    """
    own = permit.projects
    if asked is None and own is not None and len(own) == 1:
        (asked,) = own
    return permit.project(asked or permit.bot.intake.project_for(source))


def give(phasebot: Phasebot, order: m.Order) -> None:
    """Carry the order out, durably. Raises Problem with the words of the refusal if it does not fit."""
    receipt = phasebot.order(order)
    if receipt.refused:
        raise Problem(HTTPStatus.CONFLICT, "order_refused", receipt.refused)


def described(kind: Callable[..., object]) -> str:
    """What an order does, for the API's description: the same words as in the code."""
    return (kind.__doc__ or "").strip()
