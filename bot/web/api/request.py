"""`/api/request`: work handed in, in words or as phases. One phase is previewed and confirmed; several are published."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.bootstrap import Phasebot
from bot.intake import Submission
from bot.web.api.drafts import PhaseText, draft_in_words, draft_of_phases, refuse_unusable
from bot.web.api.inputs import Id, Project, Words
from bot.web.api.orders import give, project_for
from bot.web.api.shapes import Shape
from bot.web.auth import Operator, Viewer
from bot.web.failures import Problem, documented
from services.domain.errors import NotFound
from services.domain.messages import StartPlan
from services.domain.plan import Plan, PlanState
from services.planning.draft import PlanDraft
from services.planning.parser import MAX_BYTES

router = APIRouter(tags=["request"])

_EXAMPLE: dict[str, Any] = {
    "title": "Site",
    "text": "Build the site.",
    "phases": [
        {"number": 1, "title": "Setup", "content": "Lay the ground."},
        {"number": 2, "title": "Pages", "content": "Write them.", "externalDocs": ["docs/pages.md"]},
    ],
}


class RequestText(BaseModel):
    """What is asked for: `text` in words or as Markdown, or `phases`, with `text` as their overview."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    text: Words = Field("", max_length=MAX_BYTES)
    phases: list[PhaseText] = Field([], max_length=1000)
    title: Words = Field("", max_length=240)
    project: Project = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.phases and not self.text.strip():
            raise ValueError("give `text` or `phases`")
        return self


class ChildIssue(Shape):
    """A phase that was published, or will be in a moment: its issue is null until it is created."""

    phase_number: int
    issue_number: int | None
    queue_id: str


class Preview(Shape):
    """What will be published when it is confirmed."""

    id: str
    project: str
    title: str
    content: str = Field(description="Markdown")
    external_docs: list[str]


class Requested(Shape):
    """What became of a request. Several phases are on their way; a single one waits for `POST /api/confirm/{id}`."""

    is_multi_phase: bool
    plan_id: str
    parent_issue_number: int | None
    child_issues: list[ChildIssue]
    preview: Preview | None = Field(description="Only for a single phase")


@router.post("/request", status_code=HTTPStatus.CREATED, responses=documented(400, 502))
def request_work(permit: Operator, wanted: RequestText) -> Requested:
    """Hand work in. Several phases are published at once; one phase is only previewed."""
    draft = _draft(wanted)
    refuse_unusable(draft)
    is_multi_phase = len(draft.phases) > 1
    source = f"requests/{uuid.uuid4().hex}"
    project = project_for(permit, wanted.project, source)
    submission = Submission(draft=draft, project=project, source=source, start=is_multi_phase)
    plan = permit.bot.intake.submit(submission).plan
    return _requested(permit.bot, plan, None if is_multi_phase else _preview(permit.bot, plan))


@router.get("/preview/{id}", responses=documented(404))
def show_preview(permit: Viewer, id: Id) -> Preview:
    """What a request would become. It waits, even over a restart, until it is confirmed."""
    plan = permit.plan(id)
    if plan.state is not PlanState.PLANNED:
        raise NotFound(f"nothing named {id} waits for confirmation")
    return _preview(permit.bot, plan)


@router.post("/confirm/{id}", responses=documented(404, 409))
def confirm_request(permit: Operator, id: Id) -> Requested:
    """Publish what was previewed, and carry it out."""
    plan = permit.plan(id)
    if plan.state is not PlanState.PLANNED:
        raise Problem(HTTPStatus.CONFLICT, "confirmed_already", f"{id} was confirmed already; its plan is {plan.state}")
    # the same cause from two who confirm at one moment: it is done once
    give(permit.bot, StartPlan(plan=id, cause=f"confirm/{id}", by=permit.who))
    return _requested(permit.bot, permit.plan(id), None)


def _draft(wanted: RequestText) -> PlanDraft:
    if wanted.phases:
        return draft_of_phases(wanted.phases, wanted.title, wanted.text)
    return draft_in_words(wanted.text, wanted.title)


def _requested(phasebot: Phasebot, plan: Plan, preview: Preview | None) -> Requested:
    items = phasebot.store.views.queue(plan=plan.id)
    return Requested(
        is_multi_phase=len(items) > 1,
        plan_id=plan.id,
        parent_issue_number=plan.issue and plan.issue.number,
        child_issues=[ChildIssue.model_validate(item) for item in items],
        preview=preview,
    )


def _preview(phasebot: Phasebot, plan: Plan) -> Preview:
    first = phasebot.store.views.queue(plan=plan.id)[0].phase_data
    return Preview(
        id=plan.id,
        project=plan.project,
        title=plan.title,
        content=first.content,
        external_docs=list(first.external_docs),
    )
