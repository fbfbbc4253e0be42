"""`/api/plans`: upload a plan, look at plans, give orders to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from bot.bootstrap import Phasebot
from bot.intake import Submission
from bot.web.api.drafts import refuse_unusable
from bot.web.api.inputs import Id, OnlyProject, Project
from bot.web.api.orders import (
    PLAN_VERBS,
    OrderText,
    PlanOrder,
    described,
    give,
    new_cause,
    project_for,
    refuse_stale,
)
from bot.web.api.shapes import PlanDetail, PlanSummary, Shape, plan_detail
from bot.web.auth import Operator, Viewer
from bot.web.auth.permits import Permit
from bot.web.failures import documented
from bot.web.uploads import Upload, read_upload
from services.domain.findings import Finding
from services.domain.messages import StartPlan
from services.domain.plan import Plan
from services.planning import parser
from services.planning.draft import PlanDraft
from services.planning.policy import Policy, read_policy
from services.planning.scope import Scope

router = APIRouter(prefix="/plans", tags=["plans"])


class Plans(Shape):
    """Plans, the newest first."""

    plans: list[PlanSummary]


class UploadOptions(BaseModel):
    """What may be said about an upload."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: Project = None
    start: bool = Field(True, description="Publish and carry out at once; false leaves it planned until it is started")
    single: bool = Field(False, description="Take the whole document as one phase")
    again: bool = Field(False, description="Make a new plan, even if this very document is a plan already")


class FindingShape(Shape):
    """One remark about a document, with its place and the way to mend it."""

    code: str
    severity: str
    line: int
    column: int
    message: str
    fix: str


class Uploaded(Shape):
    """The plan that an upload became, and what is worth knowing about the document and its policy."""

    plan: PlanDetail
    resumed: bool = Field(description="This very document is a plan already, unfinished: it goes on")
    finished: bool = Field(description="This very document is a plan already, and done")
    findings: list[FindingShape]
    policy_findings: list[FindingShape]


_BODIES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/markdown": {
                "schema": {"type": "string"},
                "example": "# Site\n\n## Phase 1: Setup\n\nLay the ground.\n\n## Phase 2: Pages\n\nWrite them.\n",
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["plan"],
                    "properties": {
                        "plan": {"type": "string", "format": "binary", "description": "Markdown, at most 5 MB"},
                        "policy": {"type": "string", "format": "binary", "description": "YAML"},
                    },
                }
            },
        },
    }
}


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses=documented(400, 408, 413, 415, 502) | {200: {"model": Uploaded, "description": "A plan already"}},
    openapi_extra=_BODIES,
)
async def upload_plan(
    request: Request, response: Response, permit: Operator, options: Annotated[UploadOptions, Query()]
) -> Uploaded:
    """Upload a Markdown plan, by itself or in a form with its policy. The same document again goes on with its plan."""
    upload = await read_upload(request)
    uploaded = await run_in_threadpool(_take_in, permit, upload, options)
    if uploaded.resumed or uploaded.finished:
        response.status_code = HTTPStatus.OK
    return uploaded


@router.get("")
def list_plans(
    permit: Viewer,
    project: OnlyProject = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Plans:
    """The newest plans."""
    found = permit.bot.store.views.plans(project=project, projects=permit.projects, limit=limit)
    return Plans(plans=[PlanSummary.of(view) for view in found])


@router.get("/{id}", responses=documented(404))
def show_plan(permit: Viewer, id: Id) -> PlanDetail:
    """One plan with its phases."""
    return plan_detail(permit.bot, permit.plan(id).id)


def _ordering(kind: type[PlanOrder]) -> Callable[[Operator, str, OrderText | None], PlanDetail]:
    def order(permit: Operator, id: Id, text: OrderText | None = None) -> PlanDetail:
        plan = permit.plan(id)
        refuse_stale(plan, text.version if text else None)
        give(permit.bot, _message(kind, plan, by=permit.who))
        return plan_detail(permit.bot, id)

    return order


def _message(kind: type[PlanOrder], plan: Plan, *, by: str) -> PlanOrder:
    if kind is StartPlan:
        return StartPlan(plan=plan.id, cause=new_cause(), by=by, selected=plan.selected)
    return kind(plan=plan.id, cause=new_cause(), by=by)


for verb, kind in PLAN_VERBS.items():
    router.add_api_route(
        f"/{{id}}/{verb}",
        _ordering(kind),
        methods=["POST"],
        name=f"{verb}_plan",
        description=described(kind),
        responses=documented(404, 409),
    )


def _take_in(permit: Permit, upload: Upload, options: UploadOptions) -> Uploaded:
    phasebot, source = permit.bot, _source_of(upload, options)
    project = project_for(permit, options.project, source)
    draft = _draft(upload, options)
    policy = _policy(phasebot, upload)
    submission = Submission(
        draft=draft,
        rules_for=policy.rules_for,
        project=project,
        source=source,
        again=options.again,
        start=options.start,
        scope=Scope(done=policy.done),
    )
    accepted = phasebot.intake.submit(submission)
    return Uploaded(
        plan=plan_detail(phasebot, accepted.plan.id),
        resumed=accepted.resumed,
        finished=accepted.finished,
        findings=_shown(draft.findings),
        policy_findings=_shown((*policy.findings, *policy.unmatched(draft.phases))),
    )


def _draft(upload: Upload, options: UploadOptions) -> PlanDraft:
    text = parser.decode(upload.plan, name=upload.name)
    draft = parser.parse_single(text, name=upload.name) if options.single else parser.parse(text, name=upload.name)
    refuse_unusable(draft)
    return draft


def _policy(phasebot: Phasebot, upload: Upload) -> Policy:
    """The uploaded one; without one every phase is a person's work."""
    if upload.policy is None:
        return Policy()
    text = parser.decode(upload.policy, name="policy")
    return read_policy(text, tools=phasebot.registry.inputs(), executors=phasebot.executors.names, where="policy")


def _source_of(upload: Upload, options: UploadOptions) -> str:
    """The same bytes read in the same way are the same document, so that sending it twice is sending it once."""
    read_as = b"single:" if options.single else b""
    return f"uploads/{hashlib.sha256(read_as + upload.plan).hexdigest()[:20]}"


def _shown(findings: Sequence[Finding]) -> list[FindingShape]:
    return [FindingShape.model_validate(one.as_json()) for one in findings]
