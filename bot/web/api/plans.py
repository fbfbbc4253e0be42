"""`/api/plans`: upload a plan, look at plans, give orders to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from bot.bootstrap import Phasebot
from bot.intake import Submission
from bot.policies import CurrentPolicy
from bot.store.views import plan_place
from bot.web.api.drafts import refuse_unusable
from bot.web.api.inputs import Id, OnlyProject, Project
from bot.web.api.orders import (
    PLAN_VERBS,
    IfMatch,
    OrderText,
    PriorityText,
    give,
    meant_for,
    new_cause,
    order,
    project_for,
    version_wanted,
)
from bot.web.api.paging import Cursor, Limit, Next, after, cursor_of
from bot.web.api.shapes import FindingShape, PlanDetail, PlanSummary, Shape
from bot.web.api.showing import findings, plan_detail, plan_summary
from bot.web.auth import Admin, Operator, Viewer
from bot.web.auth.permits import Permit
from bot.web.failures import documented
from bot.web.previews import upload_source
from bot.web.uploads import BODIES, Upload, read_uploads
from services.commands.spec import PRIORITY
from services.domain.findings import Finding
from services.domain.messages import RetractPlan
from services.planning import parser
from services.planning.draft import PlanDraft
from services.planning.scope import Scope

router = APIRouter(prefix="/plans", tags=["plans"])


class Plans(Shape):
    """Plans, the newest first."""

    plans: list[PlanSummary]
    next: Next = None


class UploadOptions(BaseModel):
    """What may be said about an upload."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: Project = None
    start: bool = Field(True, description="Publish and carry out at once; false leaves it planned until it is started")
    single: bool = Field(False, description="Take the whole document as one phase")
    again: bool = Field(False, description="Make a new plan, even if this very document is a plan already")


class Uploaded(Shape):
    """The plan that an upload became, and what is worth knowing about the document and its policy."""

    plan: PlanDetail
    resumed: bool = Field(description="This very document is a plan already, unfinished: it goes on")
    finished: bool = Field(description="This very document is a plan already, and done")
    findings: list[FindingShape]
    policy_findings: list[FindingShape]


class UploadedSeveral(Shape):
    """What became of several files, in the order in which they were sent."""

    uploads: list[Uploaded]


_PLAN_ALREADY: dict[int | str, Any] = {200: {"model": Uploaded | UploadedSeveral, "description": "A plan already"}}


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses=documented(400, 408, 413, 415, 502) | _PLAN_ALREADY,
    openapi_extra=BODIES,
)
async def upload_plan(
    request: Request, response: Response, permit: Operator, options: Annotated[UploadOptions, Query()]
) -> Uploaded | UploadedSeveral:
    """Upload a Markdown plan, or several in a form, which may bring a policy; without one, that of the repository counts.
    The same document again goes on with its plan. Of several files either all become plans, or none does."""
    wanted = await read_uploads(request, permit.bot.settings.upload_bytes)
    uploaded = await run_in_threadpool(_take_all_in, permit, wanted, options)
    if all(one.resumed or one.finished for one in uploaded):
        response.status_code = HTTPStatus.OK
    return uploaded[0] if len(uploaded) == 1 else UploadedSeveral(uploads=uploaded)


@router.get("")
def list_plans(
    permit: Viewer,
    project: OnlyProject = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Plans:
    """The newest plans."""
    found = permit.bot.store.views.plans(
        project=project, projects=permit.projects, after=after(cursor, int, str), limit=limit
    )
    next = cursor_of(plan_place(found[-1].plan)) if len(found) == limit else None
    return Plans(plans=[plan_summary(view) for view in found], next=next)


@router.get("/{id}", responses=documented(404))
def show_plan(permit: Viewer, response: Response, id: Id) -> PlanDetail:
    """One plan with its phases. The `ETag` is its version."""
    detail = plan_detail(permit, permit.plan(id).id)
    response.headers["etag"] = f'"{detail.version}"'
    return detail


def _ordering(verb: str) -> Callable[..., PlanDetail]:
    def give_order(permit: Operator, id: Id, text: OrderText | None = None, if_match: IfMatch = None) -> PlanDetail:
        version = version_wanted(if_match, text.version if text else None)
        order(permit, verb, meant_for(permit, id, version), None, version)
        return plan_detail(permit, id)

    return give_order


for verb in PLAN_VERBS:
    router.add_api_route(
        f"/{{id}}/{verb.name}",
        _ordering(verb.name),
        methods=["POST"],
        name=f"{verb.name}_plan",
        description=verb.help,
        responses=documented(400, 404, 409),
    )


@router.post("/{id}/retract", name="retract_plan", responses=documented(400, 404, 409))
def retract_plan(permit: Admin, id: Id, text: OrderText | None = None, if_match: IfMatch = None) -> PlanDetail:
    """Close the issues that were created for the plan as not planned, and give the plan up for good."""
    version = version_wanted(if_match, text.version if text else None)
    plan = meant_for(permit, id, version)
    give(permit.bot, RetractPlan(plan=plan.id, cause=new_cause(), by=permit.who, expected=version))
    return plan_detail(permit, id)


@router.post("/{id}/priority", name="prioritize_plan", responses=documented(400, 404, 409))
def prioritize_plan(permit: Operator, id: Id, text: PriorityText, if_match: IfMatch = None) -> PlanDetail:
    """Change how urgent a plan is."""
    version = version_wanted(if_match, text.version)
    order(permit, PRIORITY, meant_for(permit, id, version), None, version, argument=str(text.priority))
    return plan_detail(permit, id)


@dataclass(frozen=True, slots=True)
class _Readable:
    """An upload that was read to its end, and that nothing is wrong with."""

    submission: Submission
    findings: Sequence[Finding]
    policy_findings: Sequence[Finding]


def _take_all_in(permit: Permit, uploads: Sequence[Upload], options: UploadOptions) -> list[Uploaded]:
    """All of them are read before the first becomes a plan."""
    return [_take_in(permit, one) for one in [_read(permit, upload, options) for upload in uploads]]


def _read(permit: Permit, upload: Upload, options: UploadOptions) -> _Readable:
    source = upload_source(upload.plan, single=options.single)
    project = project_for(permit, options.project, source)
    draft = _draft(upload, options)
    ruling = _ruling(permit.bot, upload, project)
    submission = Submission(
        draft=draft,
        rules_for=ruling.rules_for,
        project=project,
        source=source,
        again=options.again,
        start=options.start,
        scope=Scope(done=ruling.policy.done),
        by=permit.who,
        policy=ruling.origin,
    )
    return _Readable(submission, draft.findings, ruling.findings_for(draft.phases))


def _take_in(permit: Permit, one: _Readable) -> Uploaded:
    accepted = permit.bot.intake.submit(one.submission)
    return Uploaded(
        plan=plan_detail(permit, accepted.plan.id),
        resumed=accepted.resumed,
        finished=accepted.finished,
        findings=findings(one.findings),
        policy_findings=findings(one.policy_findings),
    )


def _draft(upload: Upload, options: UploadOptions) -> PlanDraft:
    text = parser.decode(upload.plan, name=upload.name)
    draft = parser.parse_single(text, name=upload.name) if options.single else parser.parse(text, name=upload.name)
    refuse_unusable(draft)
    return draft


def _ruling(phasebot: Phasebot, upload: Upload, project: str) -> CurrentPolicy:
    """The uploaded policy, else that of the repository."""
    if upload.policy is None:
        return phasebot.policies.ruling(project)
    return phasebot.policies.handed_in(parser.decode(upload.policy, name="policy"), "policy")
