"""Orders from pages: forms that send the same messages as comments do, one button for each."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import Response

from bot.store.views import QueueItem
from bot.web.api.inputs import Id
from bot.web.api.orders import meant_for, order
from bot.web.auth import Operator
from bot.web.auth.permits import Permit
from bot.web.console.rendering import Fields, Shown, Tone, field
from bot.web.failures import Problem
from services.commands.offers import verbs_for_phase, verbs_for_plan
from services.commands.orders import CommandInvalid
from services.commands.spec import PRIORITY
from services.domain.access import Role
from services.domain.errors import NotFound
from services.domain.phase import Phase
from services.domain.plan import Plan

router = APIRouter(include_in_schema=False)

MOST_AT_ONCE = 500

_DONE = {
    "start": "has begun",
    "pause": "is paused: nothing new starts, what runs may finish",
    "resume": "goes on",
    "cancel": "is cancelled",
    "retract": "is given up; the issues made for it are being closed",
    "retry": "is queued to run again",
    "skip": "is left out",
    "complete": "counts as done",
    "reopen": "is open again",
    "approve": "is approved",
    "reject": "is rejected",
    PRIORITY: "has another priority",
}
_DONE_WITH_PLAN = {
    "retry": "asks for a merge again",
    "reopen": "has its pull request opened again",
    "complete": "is completed without a merge",
}
"""Where the verb means something else without a phase."""
_STRONG = frozenset({"retract"})
"""They take an administrator, as they take more than write access in comments."""


@router.post("/plans/{id}/order")
def order_plan(permit: Operator, page: Shown, form: Fields, id: Id) -> Response:
    """`verb`, and what it takes; `version` where the order is meant for the plan as it was looked at."""
    plan = permit.plan(id)
    return page.trying(_back(form, f"/plans/{id}"), lambda: _about_plan(permit, plan, form))


@router.post("/phases/{id}/order")
def order_phase(permit: Operator, page: Shown, form: Fields, id: Id) -> Response:
    item = permit.item(id)

    def attempt() -> str:
        verb, argument = _verb(form, permit, item.project), field(form, "argument")
        version = _version(form)
        plan = meant_for(permit, item.plan_id, version)
        phase = plan.phases.get(item.phase_key)
        if phase is None:
            raise NotFound(f"there is no phase {id} in the queue")
        _give(permit, verb, plan, phase, argument, version)
        return f"{phase.name} {_DONE[verb]}."

    return page.trying(_back(form, f"/phases/{id}"), attempt)


@router.post("/queue/order")
def order_several(permit: Operator, page: Shown, form: Fields) -> Response:
    """The same order for all phases that are ticked (`phase`), unless one of them may not be steered."""
    ticked = [one for one in form.getlist("phase") if isinstance(one, str)][:MOST_AT_ONCE]
    items = [permit.item(one) for one in ticked]
    verb = _verb(form, permit, *{one.project for one in items})
    return page.lead(_back(form, "/queue"), *order_all(permit, verb, items))


def order_all(
    permit: Permit, verb: str, items: Sequence[QueueItem], *, nothing: str = "No phase was ticked."
) -> tuple[str, Tone]:
    """What is to be said of it, and how; each that it does not fit is left as it is."""
    if not items:
        return nothing, "bad"
    refused = [one for one in items if not _went(permit, verb, one.plan_id, one.phase_key)]
    done = len(items) - len(refused)
    if not refused:
        return f"{verb.capitalize()}: all {done} phases.", "good"
    others = " and others" if len(refused) > 1 else ""
    return f"{done} of {len(items)} phases: {verb}. It did not fit {refused[0].phase_data.title}{others}.", "bad"


def _went(permit: Permit, verb: str, plan_id: str, key: str) -> bool:
    plan = permit.plan(plan_id)
    phase = plan.phases.get(key)
    if phase is None or verb not in verbs_for_phase(plan, phase):
        return False
    try:
        order(permit, verb, plan, phase, None)
    except Problem as problem:
        if problem.status is not HTTPStatus.CONFLICT:
            raise
        return False
    return True


def _about_plan(permit: Permit, plan: Plan, form: Fields) -> str:
    verb, argument = _verb(form, permit, plan.project), field(form, "argument")
    version = _version(form)
    _give(permit, verb, meant_for(permit, plan.id, version), None, argument, version)
    return f"{plan.title} {_DONE_WITH_PLAN.get(verb) or _DONE[verb]}."


def _give(permit: Permit, verb: str, plan: Plan, phase: Phase | None, argument: str, version: int | None) -> None:
    """What does not fit any more is refused, in the words of whoever refuses it."""
    fitting = verbs_for_phase(plan, phase) if phase else verbs_for_plan(plan)
    if verb not in (*fitting, PRIORITY):
        stands = (phase.status if phase else plan.state).replace("_", " ")
        message = f"{phase.name if phase else 'the plan'} is {stands} by now: {verb} does not fit any more"
        raise Problem(HTTPStatus.CONFLICT, "order_refused", message)
    try:
        order(permit, verb, plan, phase, version, argument=argument)
    except CommandInvalid as error:
        raise Problem(HTTPStatus.BAD_REQUEST, error.code, f"{error.message}. {error.fix}") from None


def _verb(form: Fields, permit: Permit, *projects: str) -> str:
    """Raises Problem for what is no order here, or takes more."""
    verb = field(form, "verb", 40)
    if verb not in _DONE:
        raise Problem(HTTPStatus.BAD_REQUEST, "form_invalid", "the form names no order")
    if verb in _STRONG and not all(permit.caller.may(Role.ADMIN, project) for project in projects):
        raise Problem(HTTPStatus.FORBIDDEN, "forbidden", f"{verb} takes the role admin, which you do not have here")
    return verb


def _version(form: Fields) -> int | None:
    version = field(form, "version", 12)
    return int(version) if version.isascii() and version.isdigit() else None


def _back(form: Fields, otherwise: str) -> str:
    """Where the button was."""
    return field(form, "back") or otherwise
