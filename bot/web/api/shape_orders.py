"""Orders that change the shape of a plan: a phase put into the queue, or taken out of it before it has started."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.store import views
from bot.web.api.drafts import Document
from bot.web.api.inputs import LONGEST_ID, LONGEST_REPOSITORY, NAME_PART, REPOSITORY, Id, Words
from bot.web.api.orders import IfMatch, give, meant_for, new_cause, version_wanted
from bot.web.api.shapes import QueueItem
from bot.web.api.showing import queue_items
from bot.web.auth import Operator
from bot.web.auth.permits import Permit
from bot.web.failures import Problem, documented
from services.domain.errors import NotFound
from services.domain.messages import AmendPlan, PhaseShape
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.texts import PhaseText
from services.domain.transitions import PhaseState
from services.planning import parser
from services.planning.reading import Unit

router = APIRouter(prefix="/queue", tags=["queue"])

MOST_PHASES = 1000
_TRIES = 5

R = TypeVar("R")

_EXAMPLE: dict[str, Any] = {
    "parent_issue": 12,
    "project": "acme/site",
    "title": "Announce it",
    "content": "Write the post.",
    "depends_on_phases": [2],
}


_NAMED_BY: list[Any] = [
    {"required": ["plan"], "properties": {"plan": {"type": "string"}, "parent_issue": {"type": "null"}}},
    {"required": ["parent_issue"], "properties": {"parent_issue": {"type": "integer"}, "plan": {"type": "null"}}},
]


class PhaseWanted(BaseModel):
    """A phase that is to be added at the end of a plan, which is named by its id or by its parent issue."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE], "oneOf": _NAMED_BY}
    )

    plan: str | None = Field(None, pattern=NAME_PART, max_length=LONGEST_ID)
    parent_issue: int | None = Field(None, ge=1, le=2**53)
    project: str | None = Field(
        None, pattern=REPOSITORY, max_length=LONGEST_REPOSITORY, description="Tells equal issue numbers apart"
    )
    title: Words = Field(min_length=1, max_length=240, pattern=r"\S")
    content: Words = Field("", max_length=1_000_000, description="Markdown")
    external_docs: list[Document] = Field([], max_length=100)
    depends_on_phases: list[int] | None = Field(
        None, max_length=1000, description="Places in the plan, from 1; null: the last phase there is"
    )
    version: int | None = Field(
        None, ge=0, description="The version of the plan that was looked at; 409 if it is older"
    )

    @model_validator(mode="after")
    def _names_a_plan(self) -> PhaseWanted:
        if (self.plan is None) is (self.parent_issue is None):
            raise ValueError("give `plan` or `parent_issue`, one of them")
        return self


@router.post("/enqueue", status_code=HTTPStatus.CREATED, responses=documented(400, 404, 409))
def enqueue_phase(permit: Operator, wanted: PhaseWanted, if_match: IfMatch = None) -> QueueItem:
    """Add a phase to a plan that is there."""
    version = version_wanted(if_match, wanted.version)
    plan, key = _in_its_turn(
        version, lambda: _add(permit, meant_for(permit, _plan_of(permit, wanted), version), wanted)
    )
    (item,) = [one for one in permit.bot.store.views.queue(plan=plan) if one.phase_key == key]
    return queue_items(permit.bot, [item])[0]


@router.delete("/{id}", responses=documented(404, 409))
def remove_phase(permit: Operator, id: Id, if_match: IfMatch = None) -> QueueItem:
    """Take a phase out that has not started. What depended on it depends on what it depended on; its issue is closed."""
    item = permit.item(id)
    shown = queue_items(permit.bot, [item])[0]
    version = version_wanted(if_match, None)
    _in_its_turn(version, lambda: _remove(permit, meant_for(permit, item.plan_id, version), item))
    return shown


def _in_its_turn(version: int | None, change: Callable[[], R]) -> R:
    """A new shape is made from the one that was read, and counts for that one alone. Where whoever asks has named no version,
    it is made anew from the one there is by then. Raises Problem."""
    for left in reversed(range(_TRIES)):
        try:
            return change()
        except Problem as problem:
            if problem.type != "stale_version" or version is not None or not left:
                raise
    raise AssertionError("unreachable")


def _add(permit: Permit, plan: Plan, wanted: PhaseWanted) -> tuple[str, str]:
    """The plan, and the key of the phase."""
    if len(plan.phases) >= MOST_PHASES:
        raise Problem(HTTPStatus.CONFLICT, "plan_full", f"a plan has {MOST_PHASES} phases at most")
    key = _new_key(plan, wanted.title)
    text = PhaseText(wanted.content, _tasks(wanted.content), tuple(wanted.external_docs))
    shape = PhaseShape(
        key=key, title=wanted.title.strip(), number=_next_number(plan), needs=_needs(plan, wanted), text=text
    )
    _amend(permit, plan, [*(_as_it_is(plan, phase) for phase in plan if not phase.leaving), shape])
    return plan.id, key


def _remove(permit: Permit, plan: Plan, item: views.QueueItem) -> None:
    phase = plan.phases.get(item.phase_key)
    if phase is None:
        raise NotFound(f"there is no phase {item.queue_id} in the queue")
    if phase.state is not PhaseState.WAITING or phase.attempts:
        raise Problem(HTTPStatus.CONFLICT, "phase_started", f"{phase.name} has started: skip or cancel it instead")
    left = [one for one in plan if one is not phase and not one.leaving]
    if not left:
        raise Problem(HTTPStatus.CONFLICT, "last_phase", "it is the only phase of its plan: cancel the plan instead")
    _amend(permit, plan, [_without(plan, one, phase) for one in left])


def _plan_of(permit: Permit, wanted: PhaseWanted) -> str:
    """Raises NotFound, or Problem where an issue number is that of several plans."""
    if wanted.plan is not None:
        return wanted.plan
    found = permit.bot.store.views.plans(
        project=wanted.project, parent_issue=wanted.parent_issue, projects=permit.projects, limit=2
    )
    if not found:
        raise NotFound(f"no plan has #{wanted.parent_issue} as its parent issue")
    if len(found) > 1:
        raise Problem(HTTPStatus.CONFLICT, "ambiguous", f"#{wanted.parent_issue} is there in two projects: say which")
    return found[0].plan.id


def _needs(plan: Plan, wanted: PhaseWanted) -> tuple[str, ...]:
    """Raises Problem for a place that no phase has."""
    phases = [phase for phase in plan if not phase.leaving]
    if wanted.depends_on_phases is None:
        return (phases[-1].key,) if phases else ()
    by_place = {phase.ordinal: phase.key for phase in phases}
    unknown = [number for number in wanted.depends_on_phases if number not in by_place]
    if unknown:
        message = f"the plan has no phase {', '.join(map(str, unknown[:5]))}"
        where = [{"where": "body.depends_on_phases", "message": message, "code": "unknown_reference"}]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "request_invalid", message, details=where)
    return tuple(dict.fromkeys(by_place[number] for number in wanted.depends_on_phases))


def _new_key(plan: Plan, title: str) -> str:
    (key,) = parser.phase_keys([Unit(None, title, "phase", line=1, end_line=1, first=0, last=0)])
    taken = plan.phases.keys() | plan.removed.keys()
    names = (key if n == 1 else f"{key}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _next_number(plan: Plan) -> str:
    numbers = [int(phase.number) for phase in plan if phase.number and phase.number.isdecimal()]
    return str(max(numbers, default=len(plan.phases)) + 1)


def _tasks(content: str) -> tuple[tuple[bool, str], ...]:
    (read,) = parser.parse_single(content).phases
    return tuple((task.done, task.text) for task in read.tasks)


def _as_it_is(plan: Plan, phase: Phase) -> PhaseShape:
    return PhaseShape(key=phase.key, title=phase.title, number=phase.number, needs=plan.graph.needs[phase.key])


def _without(plan: Plan, phase: Phase, gone: Phase) -> PhaseShape:
    """The phase as it is, but where it needed what is gone, it needs what that needed."""
    needs = plan.graph.needs[phase.key]
    if gone.key in needs:
        inherited = (new for need in needs for new in (plan.graph.needs[gone.key] if need == gone.key else (need,)))
        needs = tuple(dict.fromkeys(inherited))
    return PhaseShape(key=phase.key, title=phase.title, number=phase.number, needs=needs)


def _amend(permit: Permit, plan: Plan, shapes: list[PhaseShape]) -> None:
    overview = permit.bot.store.lookups.text(plan.id).overview
    order = AmendPlan(
        plan=plan.id,
        cause=new_cause(),
        by=permit.who,
        expected=plan.version,
        title=plan.title,
        overview=overview,
        phases=tuple(shapes),
    )
    give(permit.bot, order)
