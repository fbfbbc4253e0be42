"""`/api/tools/{name}/execute` and `/api/jobs`: tools that are run on request, and what became of that.

Only tools that the operator exposes (`PHASEBOT_API_TOOLS`), and for a repository on GitHub only where its commands may run on
this machine at all (`PHASEBOT_LOCAL_REPOSITORIES`).
"""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.executors.attempt_log import job_log_path
from bot.intake import new_id
from bot.store.sql import END
from bot.web.api.inputs import NAME_PART, Id, OnlyProject, Project, Words
from bot.web.api.logs import TAIL, Offset, Size, part_of
from bot.web.api.orders import project_for
from bot.web.api.paging import Cursor, Limit, Next, after, cursor_of
from bot.web.api.shapes import JobShape, LogPart, Shape
from bot.web.auth import Operator, Viewer
from bot.web.auth.permits import Permit
from bot.web.failures import Problem, documented, told
from services.commands.orders import LONGEST_WHY
from services.domain.errors import NotFound
from services.execution.jobs import Job
from services.execution.registry import Availability

router = APIRouter(tags=["jobs"])

TIMEOUT, LONGEST = 600, 24 * 60 * 60
"""Seconds that a job may take: unless something else is said, and at most."""

LOOK_EVERY = 0.1
"""Seconds between two looks of who waits for a job: another process may run it."""

_EXAMPLE: dict[str, Any] = {"arguments": {"url": "https://example.com/health"}, "project": "acme/site", "timeout": 60}

ToolName = Annotated[str, Path(pattern=NAME_PART, max_length=100)]


class Execution(BaseModel):
    """A tool that is to be run."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    arguments: dict[str, Any] = Field({}, description="What the tool takes: `input` in `GET /api/tools`")
    project: Project = None
    timeout: int = Field(TIMEOUT, ge=1, le=LONGEST, description="Seconds that it may take")
    why: Words = Field("", max_length=LONGEST_WHY, description="For the audit trail")


class Cancelling(BaseModel):
    """What may come with the wish that a job ends."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"why": "Too slow."}]})

    why: Words = Field("", max_length=LONGEST_WHY, description="For the audit trail")


class Jobs(Shape):
    """Jobs, the newest first."""

    jobs: list[JobShape]
    next: Next = None


@router.post(
    "/tools/{name}/execute",
    status_code=HTTPStatus.ACCEPTED,
    responses=documented(400, 404, 409)
    | {202: {"headers": {"Location": {"description": "Where the job is", "schema": {"type": "string"}}}}},
)
def execute_tool(permit: Operator, response: Response, name: ToolName, wanted: Execution) -> JobShape:
    """Run a tool, in a folder that is thrown away afterwards: with the last commit where the server works in a git repository,
    empty otherwise. `GET /api/jobs/{id}` says what becomes of it. 403 unless the operator exposes the tool."""
    job = permit.bot.jobs.submit(job_of(permit, name, wanted), wanted.why)
    response.headers["location"] = f"/api/jobs/{job.id}"
    return JobShape.model_validate(job)


def job_of(permit: Permit, tool: str, wanted: Execution) -> Job:
    """The job that this would be. Raises NotFound, Problem."""
    project = project_for(permit, wanted.project, _SOURCE)
    _refuse_unavailable(permit, tool, project)
    return Job(
        id=new_id(),
        project=project,
        tool=tool,
        requested_by=permit.who,
        created_at=permit.bot.clock.now(),
        timeout=wanted.timeout,
        arguments=_checked(permit, tool, wanted.arguments),
    )


_SOURCE = "plans/job"
"""Where no project is named, it is the one to which plans go that were handed in without one."""


@router.get("/jobs")
def list_jobs(
    permit: Viewer,
    project: OnlyProject = None,
    tool: Annotated[str | None, Query(pattern=NAME_PART, max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Jobs:
    """What was run on request."""
    (before,) = after(cursor, int) or (END,)
    found = permit.bot.store.jobs.newest(
        project=project, tool=tool, projects=permit.projects, before=before, limit=limit
    )
    shown = [JobShape.model_validate(one) for one in found]
    return Jobs(jobs=shown, next=cursor_of((found[-1].seq,)) if len(found) == limit else None)


@router.get("/jobs/{id}", responses=documented(404))
async def show_job(
    permit: Viewer,
    id: Id,
    wait: Annotated[int, Query(ge=0, le=60, description="Seconds to wait for its end, if it has not come yet")] = 0,
) -> JobShape:
    """How a job stands, and how it ended."""
    until = time.monotonic() + wait
    while (job := await run_in_threadpool(permit.job, id)).state.is_live and time.monotonic() < until:
        await asyncio.sleep(LOOK_EVERY)
    return JobShape.model_validate(job)


@router.get("/jobs/{id}/log", responses=documented(404))
def show_job_log(permit: Viewer, id: Id, offset: Offset = None, limit: Size = TAIL) -> LogPart:
    """What a job has put out, without secrets. To follow it, ask again with `offset` = the `next` of before."""
    return log_of(permit, permit.job(id), offset, limit)


def log_of(permit: Permit, job: Job, offset: int | None, limit: int) -> LogPart:
    path = job_log_path(permit.bot.settings.log_dir, job.id)
    return part_of(path, offset, limit, is_live=job.state.is_live)


@router.post("/jobs/{id}/cancel", responses=documented(400, 404, 409))
def cancel_job(permit: Operator, id: Id, text: Cancelling | None = None) -> JobShape:
    """Have it end, wherever it runs; that takes a moment."""
    return JobShape.model_validate(cancelled(permit, id, text.why if text else ""))


def cancelled(permit: Permit, id: str, why: str) -> Job:
    """The job, whose end is wished for by now. Raises NotFound, Problem."""
    job = permit.job(id)
    if not job.state.is_live or not permit.bot.jobs.cancel(id, by=permit.who, why=why):
        state = permit.job(id).state
        raise Problem(HTTPStatus.CONFLICT, "job_over", f"the job has ended already: {state}", details={"state": state})
    return permit.job(id)


def _refuse_unavailable(permit: Permit, name: str, project: str) -> None:
    """Raises NotFound, Problem."""
    bot = permit.bot
    known = bot.registry.snapshot().get(name)
    if known is None:
        raise NotFound(f"there is no tool {name}", fix="GET /api/tools lists them.")
    if not bot.settings.exposes(name):
        details = {"where": "PHASEBOT_API_TOOLS", "fix": f"The operator of this server may add {name} to it."}
        raise Problem(HTTPStatus.FORBIDDEN, "tool_not_exposed", f"{name} is not run on request here", details=details)
    if not bot.policies.allowed(project):
        details = {
            "where": "PHASEBOT_LOCAL_REPOSITORIES",
            "fix": f"The operator of this server may add {project} to it.",
        }
        message = f"nothing of {project} is run on this machine"
        raise Problem(HTTPStatus.FORBIDDEN, "project_not_local", message, details=details)
    if known.availability is not Availability.AVAILABLE:
        raise Problem(HTTPStatus.CONFLICT, "tool_unavailable", f"{name} cannot be run: {known.why}")


def _checked(permit: Permit, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Raises Problem for what the tool does not take; never with the value itself, which may be secret."""
    try:
        permit.bot.registry.inputs()[name].model_validate(arguments)
    except ValidationError as error:
        where = told(error.errors(), under=("body", "arguments"))
        message = f"{name} does not take these arguments"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "request_invalid", message, details=where) from None
    return arguments
