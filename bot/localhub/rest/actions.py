"""Actions over HTTP: workflows, their runs and jobs, and the checks of a commit.

https://docs.github.com/en/rest/actions
"""

from __future__ import annotations

from typing import Any

from bot.localhub.database import stamp
from bot.localhub.problems import Refused
from bot.localhub.rest.call import Call, Endpoint, Reply
from bot.localhub.rest.paging import listed
from bot.localhub.run_shapes import RunShapes
from bot.localhub.run_values import Run


def list_workflows(call: Call) -> Reply:
    repository, shapes = call.repository(), RunShapes(call.shapes)
    found = call.hub.runs.workflows(repository)
    return _counted(call, "workflows", found, lambda one: shapes.workflow(repository.full_name, one))


def get_workflow(call: Call) -> Reply:
    repository = call.repository()
    workflow = call.hub.runs.workflow(repository, call.path["workflow"])
    return Reply(body=RunShapes(call.shapes).workflow(repository.full_name, workflow))


def dispatch(call: Call) -> Reply:
    """200 with the run's id for who asks for it, and for everybody in newer versions; 204 otherwise."""
    fields, wants_details = call.fields, call.fields.flag("return_run_details", default=False)
    if wants_details and not call.hub.features.run_details:
        raise Refused(422, '"return_run_details" is not a permitted key.')
    run = call.hub.runs.dispatch(
        call.repository(), call.actor, call.path["workflow"], ref=fields.text("ref"), inputs=fields.mapping("inputs")
    )
    if not wants_details and call.api_version < "2026":
        return Reply(204)
    shapes = RunShapes(call.shapes)
    return Reply(body={"workflow_run_id": run.id, "run_url": shapes.run_url(run), "html_url": shapes.run_page(run)})


def list_runs(call: Call) -> Reply:
    return _runs(call, call.hub.runs.all(call.repository()))


def list_runs_of_workflow(call: Call) -> Reply:
    repository = call.repository()
    workflow = call.hub.runs.workflow(repository, call.path["workflow"])
    return _runs(call, call.hub.runs.all(repository, workflow.path))


def get_run(call: Call) -> Reply:
    return _run(call, _asked(call))


def cancel(call: Call) -> Reply:
    call.hub.runs.cancel(_asked(call), call.actor)
    return Reply(202, {})


def force_cancel(call: Call) -> Reply:
    call.hub.runs.cancel(_asked(call), call.actor, force=True)
    return Reply(202, {})


def rerun(call: Call) -> Reply:
    call.hub.runs.rerun(_asked(call), call.actor)
    return Reply(201, {})


def rerun_failed(call: Call) -> Reply:
    call.hub.runs.rerun(_asked(call), call.actor, only_failed=True)
    return Reply(201, {})


def list_jobs(call: Call) -> Reply:
    every = call.query.get("filter") == "all"
    return _counted(call, "jobs", call.hub.runs.jobs(_asked(call), every_attempt=every), RunShapes(call.shapes).job)


def list_checks(call: Call) -> Reply:
    found = call.hub.runs.checks(call.repository(), call.path["ref"])
    return _counted(call, "check_runs", found, RunShapes(call.shapes).check)


def _asked(call: Call) -> Run:
    return call.hub.runs.get(call.repository(), call.path["run"])


def _run(call: Call, run: Run) -> Reply:
    return Reply(body=RunShapes(call.shapes).of_run(run, call.repository()))


def _runs(call: Call, found: list[Run]) -> Reply:
    """As far as the query wants them: by event, status or conclusion, commit, and since when (`created=>=…`)."""
    repository, shapes, query = call.repository(), RunShapes(call.shapes), call.query
    since = query.get("created", "").removeprefix(">=")
    fitting = [
        run
        for run in found
        if query.get("event", run.event) == run.event
        and query.get("head_sha", run.sha) == run.sha
        and ("status" not in query or query["status"] in (run.status, run.conclusion))
        and stamp(run.created_at) >= since
    ]
    return _counted(call, "workflow_runs", fitting, lambda run: shapes.of_run(run, repository))


def _counted(call: Call, name: str, found: list[Any], shape: Any) -> Reply:
    """A page of a list that is wrapped, with how many there are in all."""
    page = listed(call, found, shape)
    return Reply(body={"total_count": len(found), name: page.body}, headers=page.headers)


_REPO = "/repos/{owner}/{repo}"
_WORKFLOW = _REPO + "/actions/workflows/{workflow}"
_RUN = _REPO + "/actions/runs/{run:int}"
_READ, _WRITE = "actions=read", "actions=write"
ENDPOINTS = (
    Endpoint("GET", _REPO + "/actions/workflows", "actions/list-repo-workflows", list_workflows, _READ),
    Endpoint("GET", _WORKFLOW, "actions/get-workflow", get_workflow, _READ),
    Endpoint("POST", _WORKFLOW + "/dispatches", "actions/create-workflow-dispatch", dispatch, _WRITE),
    Endpoint("GET", _WORKFLOW + "/runs", "actions/list-workflow-runs", list_runs_of_workflow, _READ),
    Endpoint("GET", _REPO + "/actions/runs", "actions/list-workflow-runs-for-repo", list_runs, _READ),
    Endpoint("GET", _RUN, "actions/get-workflow-run", get_run, _READ),
    Endpoint("POST", _RUN + "/cancel", "actions/cancel-workflow-run", cancel, _WRITE),
    Endpoint("POST", _RUN + "/force-cancel", "actions/force-cancel-workflow-run", force_cancel, _WRITE),
    Endpoint("POST", _RUN + "/rerun", "actions/re-run-workflow", rerun, _WRITE),
    Endpoint("POST", _RUN + "/rerun-failed-jobs", "actions/re-run-workflow-failed-jobs", rerun_failed, _WRITE),
    Endpoint("GET", _RUN + "/jobs", "actions/list-jobs-for-workflow-run", list_jobs, _READ),
    Endpoint("GET", _REPO + "/commits/{ref}/check-runs", "checks/list-for-ref", list_checks, "checks=read"),
)
