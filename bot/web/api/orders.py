"""Orders over HTTP: the same messages that a comment would send, one route for each verb of the table."""

from __future__ import annotations

import uuid
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field

from bot.bootstrap import Phasebot
from bot.web.api.inputs import Words
from bot.web.auth.permits import Permit
from bot.web.failures import Problem
from services.commands.orders import LEAST_URGENT, LONGEST_WHY, Giver, order_for
from services.commands.spec import PRIORITY, RETRY, VERBS, Scope
from services.domain import messages as m
from services.domain.phase import Phase
from services.domain.plan import Plan

_NO_ORDERS = frozenset({"help", "status", "why", "preview", "publish", "retract", PRIORITY})
"""What asks for words, or takes more than a message."""

PLAN_VERBS = [
    verb for verb in VERBS.values() if verb.scope in (Scope.PLAN, Scope.EITHER) and verb.name not in _NO_ORDERS
]
PHASE_VERBS = [
    verb for verb in VERBS.values() if verb.scope in (Scope.PHASE, Scope.EITHER) and verb.name not in _NO_ORDERS
]


class OrderText(BaseModel):
    """What may come with an order. All of it can be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"version": 7}]})

    version: int | None = Field(
        None,
        ge=0,
        description="The version of the plan that was looked at; 409 if it is older. `If-Match` says the same",
    )
    why: Words = Field("", max_length=LONGEST_WHY, description="For people to read; only `reject` keeps it")
    how: Words = Field(
        "",
        max_length=LONGEST_WHY,
        description="For `retry`: `with-dependents`, `on=<executor>`, `model=<name>`; any of them",
    )

    def argument_of(self, verb: str) -> str:
        return self.how if verb == RETRY else self.why


class PriorityText(BaseModel):
    """How urgent it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"priority": 20}]})

    priority: int = Field(
        ge=0, le=LEAST_URGENT, description="0 is first. 10 urgent, 20 high, 50 normal, 70 low, 90 background"
    )
    version: int | None = Field(
        None, ge=0, description="The version of the plan that was looked at; 409 if it is older"
    )


IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^(\*|"?[0-9]{1,9}"?)$',
        description="The version of the plan that was looked at, as its `ETag` said it; 409 if it is older",
    ),
]


def new_cause() -> str:
    """Each request is an order of its own, however alike two may look."""
    return f"api/{uuid.uuid4().hex}"


def version_wanted(if_match: str | None, version: int | None) -> int | None:
    """The version that an order is meant for; None for any."""
    if version is not None or if_match is None or if_match == "*":
        return version
    return int(if_match.strip('"'))


def refuse_stale(plan: Plan, version: int | None) -> None:
    """Raises Problem if the plan has moved on since whoever asks looked at it."""
    if version is not None and version != plan.version:
        message = f"the plan is at version {plan.version} by now, and this was meant for {version}; look at it again"
        raise Problem(HTTPStatus.CONFLICT, "stale_version", message, details={"version": plan.version})


def meant_for(permit: Permit, plan: str, version: int | None) -> Plan:
    """The plan, if it is at this version. Raises NotFound, or Problem."""
    found = permit.plan(plan)
    refuse_stale(found, version)
    return found


def project_for(permit: Permit, asked: str | None, source: str) -> str:
    """Where something new goes: where it is asked for, the only project that the asker has, or the server's own.

    Raises NotFound, or Problem for too small a role there.
    """
    own = permit.projects
    if asked is None and own is not None and len(own) == 1:
        (asked,) = own
    return permit.project(asked or permit.bot.intake.project_for(source))


def order(
    permit: Permit, verb: str, plan: Plan, phase: Phase | None, version: int | None, *, argument: str = ""
) -> None:
    """Carry out what the verb orders; of two who have looked at the same `version`, the second is refused.

    Raises Problem with the words of the refusal if it does not fit.
    """
    message = order_for(verb, plan, phase, Giver(by=permit.who, cause=new_cause()), argument)
    give(permit.bot, replace(message, expected=version))


def give(phasebot: Phasebot, message: m.Order) -> None:
    """Carry the order out, durably. Raises Problem with the words of the refusal if it does not fit."""
    receipt = phasebot.order(message)
    if receipt.refused:
        if plan := phasebot.answers.plan(message.plan):
            refuse_stale(plan, message.expected)
        raise Problem(HTTPStatus.CONFLICT, "order_refused", receipt.refused)
