"""Jobs: which tools are run on request, the form to have one run, and the page of each run with its output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from bot.store.sql import END
from bot.web.api.inputs import LONGEST_ID, NAME_PART, PROJECT, Id, is_name
from bot.web.api.jobs import LONGEST, TIMEOUT, Execution, ToolName, cancelled, job_of, log_of
from bot.web.auth import Operator, Viewer
from bot.web.auth.permits import Permit
from bot.web.console.events import told
from bot.web.console.rendering import Fields, Page, Shown, field, may
from bot.web.failures import Problem
from bot.web.failures import told as wrong
from services.commands.orders import LONGEST_WHY
from services.domain.access import Role
from services.domain.errors import NotFound
from services.execution.jobs import Job

router = APIRouter(include_in_schema=False)

PER_PAGE = 50
_TAIL = 24 * 1024
_FIELDS = ("project", "arguments", "timeout", "why")
_LONGEST = 60_000
"""Characters of arguments."""

_UNFIT = HTTPStatus.UNPROCESSABLE_ENTITY
_KINDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}


@router.get("/jobs")
def jobs_page(
    permit: Viewer,
    page: Shown,
    project: Annotated[str, Query(pattern=f"{PROJECT}|^$")] = "",
    tool: Annotated[str, Query(pattern=f"{NAME_PART}|^$", max_length=100)] = "",
    before: Annotated[int, Query(ge=1, le=END)] = END,
) -> Response:
    """What was run on request, the newest first."""
    bot = permit.bot
    found = bot.store.jobs.newest(
        project=project or None, tool=tool or None, projects=permit.projects, before=before, limit=PER_PAGE
    )
    return page.show(
        "jobs.html",
        section="operations",
        jobs=found,
        project=project,
        tool=tool,
        projects=permit.served,
        tools=sorted(bot.registry.snapshot()),
        older=found[-1].seq if len(found) == PER_PAGE else None,
        is_newest=before == END,
        is_settled=not any(one.state.is_live for one in found),
    )


@router.get("/jobs/{id}")
def job_page(permit: Viewer, page: Shown, id: Id) -> Response:
    job = permit.job(id)
    return page.show(
        "job.html",
        section="operations",
        job=job,
        arguments=_pretty(job.arguments),
        result=None if job.result is None else _pretty(job.result),
        log=log_of(permit, job, None, _TAIL),
        events=[told(line) for line in permit.bot.store.records.events(job=id)],
        may_steer=may(permit, Role.OPERATOR, job.project),
        longest_why=LONGEST_WHY,
    )


@router.post("/jobs/{id}/cancel")
def cancel(permit: Operator, page: Shown, form: Fields, id: Id) -> Response:
    def attempt() -> str:
        job = cancelled(permit, id, field(form, "why", LONGEST_WHY).strip())
        return "The job is being ended." if job.state.is_live else "The job is cancelled."

    return page.trying(f"/jobs/{id}", attempt)


# ---------------------------------------------------------------- having one run


@router.get("/tools/{name}/run")
def run_page(permit: Operator, page: Shown, name: ToolName) -> Response:
    """What the tool takes, to be filled in."""
    schema = _schema(permit, name)
    needed = dict.fromkeys(schema.get("required", ()), "")
    return _form(permit, page, name, {"arguments": _pretty(needed), "timeout": str(TIMEOUT)})


@router.post("/tools/{name}/run")
def run(permit: Operator, page: Shown, form: Fields, name: ToolName) -> Response:
    """`do`: run what was looked at, else show what would be run. Sent twice, it is run once: `id` names the job."""
    given = {one: field(form, one, _LONGEST).strip() for one in _FIELDS}
    try:
        wanted = _execution(given)
        job = job_of(permit, name, wanted)
        if field(form, "do", 20) != "run":
            return _form(permit, page, name, given, job)
        id = _id(form) or job.id
        with suppress(NotFound):
            return page.lead(f"/jobs/{permit.bot.store.jobs.one(id).id}")
        return page.lead(f"/jobs/{permit.bot.jobs.submit(replace(job, id=id), wanted.why).id}")
    except Problem as problem:
        if problem.type not in _MENDABLE:
            raise
        return _form(permit, page, name, given, problem)


_MENDABLE = frozenset({"request_invalid", "tool_not_exposed", "project_not_local", "tool_unavailable"})
"""What is told beside the form."""


def _id(form: FormData) -> str:
    """The one that the page gave to what it showed; empty for anything else."""
    id = field(form, "id", LONGEST_ID)
    return id if is_name(id) else ""


def _execution(given: Mapping[str, str]) -> Execution:
    """Raises Problem."""
    try:
        arguments = json.loads(given["arguments"] or "{}")
    except (ValueError, RecursionError) as error:
        raise Problem(_UNFIT, "request_invalid", f"the arguments are no JSON: {error}") from None
    try:
        return Execution.model_validate(
            {
                "arguments": arguments,
                "project": given["project"] or None,
                "timeout": given["timeout"] or TIMEOUT,
                "why": given["why"],
            }
        )
    except ValidationError as error:
        raise Problem(_UNFIT, "request_invalid", "this cannot be run", details=wrong(error.errors())) from None


def _form(
    permit: Permit, page: Page, name: str, given: Mapping[str, str], found: Job | Problem | None = None
) -> Response:
    """The form as it was filled in; `found` is what it would run, or why it cannot."""
    job = found if isinstance(found, Job) else None
    problem = found if isinstance(found, Problem) else None
    schema = _schema(permit, name)
    inputs = list(_inputs(schema))
    return page.show(
        "run.html",
        code=problem.status if problem else HTTPStatus.OK,
        section="operations",
        tool=permit.bot.registry.snapshot()[name],
        is_exposed=permit.bot.settings.exposes(name),
        about=schema.get("description", "").split("\n\n"),
        inputs=inputs,
        is_explained=any(words for *_, words in inputs),
        given={one: given.get(one, "") for one in _FIELDS},
        job=job,
        arguments=_pretty(job.arguments) if job else "",
        problem=problem,
        projects=permit.served,
        longest=LONGEST,
        longest_why=LONGEST_WHY,
    )


def _schema(permit: Permit, name: str) -> dict[str, Any]:
    """Raises NotFound."""
    if name not in permit.bot.registry.snapshot():
        raise NotFound(f"there is no tool {name}")
    inputs = permit.bot.registry.inputs()
    return inputs[name].model_json_schema() if name in inputs else {}


def _inputs(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, bool, str]]:
    """Name, kind, whether it is needed, and what it is for."""
    for name, one in schema.get("properties", {}).items():
        yield (
            name,
            " or ".join(_kinds(one)) or "anything",
            name in schema.get("required", ()),
            one.get("description", ""),
        )


def _kinds(schema: Mapping[str, Any]) -> Iterator[str]:
    if "enum" in schema:
        yield " or ".join(map(str, schema["enum"]))
    elif "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _kinds(one)
    elif schema.get("type") == "array":
        yield f"a list of {' or '.join(_kinds(schema.get('items', {}))) or 'anything'}"
    elif schema.get("type") == "object":
        yield "an object"
    elif kind := _KINDS.get(schema.get("type", "")):
        yield kind


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
