"""`/api/request` and `/api/preview`: work handed in, in words, as phases or as documents, previewed and confirmed.

A request of several phases is published at once. What waits is the same draft that the console shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.intake import Accepted, new_id
from bot.store.drafts import StoredDraft, draft_place
from bot.web import previews
from bot.web.api.drafts import PhaseText, refuse_unusable
from bot.web.api.inputs import LONGEST_ID, NAME_PART, Id, Project, Words
from bot.web.api.orders import project_for
from bot.web.api.paging import Cursor, Limit, Next, after, cursor_of
from bot.web.api.shapes import ChildIssue, PreviewPhase, PreviewShape, PreviewSummary, Requested, Shape
from bot.web.api.showing import findings, policy_shape
from bot.web.auth import Operator, Viewer
from bot.web.auth.permits import Permit
from bot.web.bodies import too_large
from bot.web.failures import Problem, documented
from bot.web.uploads import BODIES, Upload, read_uploads
from services.domain.errors import NotFound
from services.planning import parser
from services.planning.draft import PhaseDraft
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


_TEXT_OR_PHASES: list[Any] = [
    {"required": ["text"], "properties": {"text": {"pattern": r"\S"}}},
    {"required": ["phases"], "properties": {"phases": {"minItems": 1}}},
]


class RequestText(BaseModel):
    """What is asked for: `text` in words or as Markdown, or `phases`, with `text` as their overview."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE], "anyOf": _TEXT_OR_PHASES}
    )

    text: Words = Field("", max_length=MAX_BYTES)
    phases: list[PhaseText] = Field([], max_length=1000)
    title: Words = Field("", max_length=240)
    project: Project = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.phases and not self.text.strip():
            raise ValueError("give `text` or `phases`")
        return self


@router.post("/request", status_code=HTTPStatus.CREATED, responses=documented(400, 413, 502))
def request_work(permit: Operator, wanted: RequestText) -> Requested:
    """Hand work in. Several phases are published at once; one phase is only previewed."""
    limit = permit.bot.settings.upload_bytes
    if len(wanted.text.encode()) > limit:
        raise too_large(limit)
    preview = previews.preview_of(permit.bot, _draft(permit, wanted))
    refuse_unusable(preview.draft)
    if len(preview.draft.phases) > 1:
        return _published(permit, previews.submit(permit.bot, preview, by=permit.who))
    permit.bot.store.drafts.add(preview.stored)
    shown = _shown(preview)
    return Requested(
        is_multi_phase=False, plan_id=None, parent_issue_number=None, child_issues=[], policy=None, preview=shown
    )


class PreviewOptions(BaseModel):
    """What may be said about documents that are handed in to be previewed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: Project = None
    amends: Annotated[str, Query(pattern=NAME_PART, max_length=LONGEST_ID)] | None = None
    """The id of the plan that it is a new version of."""


class Previews(Shape):
    """What documents would become, in the order in which they were sent."""

    previews: list[PreviewShape]


class PreviewList(Shape):
    """Drafts that wait, the newest first."""

    previews: list[PreviewSummary]
    next: Next = None


@router.post(
    "/preview",
    status_code=HTTPStatus.CREATED,
    responses=documented(400, 404, 408, 409, 413, 415, 502),
    openapi_extra=BODIES,
)
async def preview_documents(
    request: Request, permit: Operator, options: Annotated[PreviewOptions, Query()]
) -> Previews:
    """Upload Markdown to see what it would become; nothing is published before `POST /api/confirm/{id}`. What is wrong with a
    document is part of its preview."""
    uploads = await read_uploads(request, permit.bot.settings.upload_bytes)
    return await run_in_threadpool(_take_in, permit, uploads, options)


@router.get("/preview")
def list_previews(permit: Viewer, cursor: Cursor = None, limit: Limit = 100) -> PreviewList:
    """What waits to be confirmed."""
    bot = permit.bot
    place = after(cursor, int, str)
    found = bot.store.drafts.open(bot.clock.now(), projects=permit.projects, after=place, limit=limit)
    next = cursor_of(draft_place(found[-1])) if len(found) == limit else None
    return PreviewList(previews=[PreviewSummary.model_validate(one) for one in found], next=next)


@router.get("/preview/{id}", responses=documented(404))
def show_preview(permit: Viewer, id: Id) -> PreviewShape:
    """What would be published. It waits, even over a restart, until it is confirmed or expires."""
    draft = permit.draft(id)
    if draft.plan:
        raise NotFound(f"nothing named {id} waits for confirmation")
    return _shown(previews.preview_of(permit.bot, draft))


@router.delete("/preview/{id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
def drop_preview(permit: Operator, id: Id) -> Response:
    """Discard it. A plan that it has become stays."""
    permit.bot.store.drafts.drop(permit.draft(id).id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/confirm/{id}", responses=documented(404, 409, 502))
def confirm_request(
    permit: Operator,
    id: Id,
    again: Annotated[bool, Query(description="A new plan, even if the document is one already")] = False,
    policy: Annotated[
        str | None, Query(max_length=64, description="The preview's `policy.commit`: 409 if another one counts by now")
    ] = None,
) -> Requested:
    """Publish what was previewed, and carry it out."""
    permit.draft(id)
    return _published(permit, previews.publish(permit.bot, id, by=permit.who, again=again, looked_at=policy))


# ---------------------------------------------------------------- drafts


def _draft(permit: Permit, wanted: RequestText) -> StoredDraft:
    id = new_id()
    return StoredDraft(
        id=id,
        project=project_for(permit, wanted.project, f"requests/{id}"),
        name=previews.REQUEST,
        document=wanted.text,
        created_by=permit.who,
        created_at=permit.bot.clock.now(),
        title=wanted.title,
        phases=[one.model_dump(mode="json", by_alias=True) for one in wanted.phases] or None,
    )


def _take_in(permit: Permit, uploads: Sequence[Upload], options: PreviewOptions) -> Previews:
    """All of them can be read, or none is kept."""
    drafts = [_of_upload(permit, one, options) for one in uploads]
    for one in drafts:
        permit.bot.store.drafts.add(one)
    return Previews(previews=[_shown(previews.preview_of(permit.bot, one)) for one in drafts])


def _of_upload(permit: Permit, upload: Upload, options: PreviewOptions) -> StoredDraft:
    amended = permit.plan(options.amends) if options.amends else None
    if amended is not None and amended.retracted_at is not None:
        raise Problem(HTTPStatus.CONFLICT, "order_refused", "the plan was retracted: make a new one")
    policy = None if upload.policy is None else parser.decode(upload.policy, name="policy")
    return StoredDraft(
        id=new_id(),
        project=amended.project if amended else project_for(permit, options.project, "plans/plan.md"),
        name=upload.name,
        document=parser.decode(upload.plan, name=upload.name),
        policy=policy,
        created_by=permit.who,
        created_at=permit.bot.clock.now(),
        amends=options.amends or "",
    )


# ---------------------------------------------------------------- showing


def _published(permit: Permit, accepted: Accepted) -> Requested:
    plan = permit.plan(accepted.plan.id)
    items = permit.bot.store.views.queue(plan=plan.id)
    return Requested(
        is_multi_phase=len(items) > 1,
        plan_id=plan.id,
        parent_issue_number=plan.issue and plan.issue.number,
        child_issues=[ChildIssue.model_validate(item) for item in items],
        policy=policy_shape(plan.policy),
        preview=None,
    )


def _shown(found: previews.Preview) -> PreviewShape:
    stored, draft = found.stored, found.draft
    single = draft.phases[0] if len(draft.phases) == 1 else None
    documents = dict.fromkeys(path for phase in draft.phases for path in phase.external_docs)
    return PreviewShape(
        id=stored.id,
        project=stored.project,
        title=draft.title or stored.name,
        content=single.content if single else draft.overview,
        external_docs=list(documents),
        name=stored.name,
        created_by=stored.created_by,
        created_at=stored.created_at,
        expires_at=stored.expires_at,
        phases=[_phase(found, phase) for phase in draft.phases],
        findings=findings(draft.findings),
        policy=policy_shape(found.ruling.origin),
        policy_findings=findings(found.policy_findings),
        may_be_published=found.may_be_published,
        known_plan=found.known and found.known.id,
        changes=list(found.changes.lines()) if found.changes else [],
        requests=found.forecast and found.forecast.requests,
        seconds=None if found.duration is None else found.duration.total_seconds(),
    )


def _phase(preview: previews.Preview, phase: PhaseDraft) -> PreviewPhase:
    rules, places = preview.rules_for(phase), preview.place_of
    return PreviewPhase(
        place=places[phase.key],
        number=phase.number,
        title=phase.title,
        tasks=len(phase.tasks),
        depends_on=[places[need.key] for need in phase.depends_on if need.key in places],
        executor=rules.executor,
        on_error=rules.on_error,
        done=phase.done,
    )
