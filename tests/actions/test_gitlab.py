"""GitLab reports the end of a pipeline, and is known by the token that was set at its hook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.localhub import Hub
from services.execution.workflow_runs import correlation_id
from tests.web.conftest import PATIENCE

from .conftest import WORK, Stage, staged

PIPELINE, MERGE_REQUEST, ISSUE, NOTE = "Pipeline Hook", "Merge Request Hook", "Issue Hook", "Note Hook"
KEY = "the token at the hook"


@pytest.fixture
def stage(tmp_path: Path, hub: Hub) -> Iterator[Stage]:
    yield from staged(tmp_path, hub, webhooks=True, gitlab_token=SecretStr(KEY))


def sends(stage: Stage, body: Any, event: str = PIPELINE, token: str | None = KEY) -> httpx.Response:
    headers = {"X-Gitlab-Event": event} | ({"X-Gitlab-Token": token} if token is not None else {})
    url = f"{stage.url}/webhooks/gitlab"
    return httpx.post(
        url, json=body, headers=httpx.Headers(headers, encoding="utf-8"), trust_env=False, timeout=PATIENCE
    )


def pipeline(status: str, ref: str = "main", **variables: str) -> dict[str, Any]:
    """As GitLab sends it, as far as it matters."""
    told = [{"key": key, "value": value} for key, value in variables.items()]
    about = {"id": 31, "iid": 3, "ref": ref, "status": status, "source": "push", "variables": told}
    project = {"id": 1, "path_with_namespace": "acme/site", "web_url": "https://gitlab.example/acme/site"}
    return {"object_kind": "pipeline", "object_attributes": about, "project": project, "builds": []}


@pytest.mark.parametrize(
    ("status", "becomes"), [("success", "completed"), ("failed", "failed"), ("canceled", "failed")]
)
def test_the_end_of_a_pipeline_on_the_branch_of_a_phase_is_the_end_of_its_attempt(
    stage: Stage, status: str, becomes: str
) -> None:
    stage.submits({"Build": WORK})
    stage.run_of("Build", 1)
    branch = f"phasebot/{stage.id}/{stage.phase('Build').key}"

    assert sends(stage, pipeline("running", branch)).json() == {"status": "ignored"}
    assert sends(stage, pipeline(status, branch)).json() == {"status": "accepted"}

    stage.wait_until(lambda: stage.phase("Build").status == becomes)
    attempt = stage.phase("Build").attempt
    assert attempt is not None
    assert sends(stage, pipeline(status, branch)).json() == {"status": "ignored"}, "nobody waits for it any more"


def test_a_pipeline_may_name_its_attempt_by_a_variable(stage: Stage) -> None:
    stage.submits({"Build": WORK})
    stage.run_of("Build", 1)
    name = correlation_id(stage.id, 1)

    assert sends(stage, pipeline("success", PHASEBOT_CORRELATION_ID=name)).status_code == 202
    stage.wait_until(lambda: stage.phase("Build").status == "completed")


@pytest.mark.parametrize("token", [None, "", "wrong", "nicht für euch"])
def test_without_the_token_nothing_is_believed(stage: Stage, token: str | None) -> None:
    answer = sends(stage, pipeline("success"), token=token)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "token_invalid")


@pytest.mark.parametrize("event", [MERGE_REQUEST, ISSUE, NOTE])
def test_what_means_nothing_to_a_plan_is_read_and_left(stage: Stage, event: str) -> None:
    kind = event.removesuffix(" Hook").lower().replace(" ", "_")
    assert sends(stage, {"object_kind": kind, "object_attributes": {"id": 1}}, event).json() == {"status": "ignored"}


def test_other_events_and_other_peoples_pipelines_are_left_alone(stage: Stage) -> None:
    assert sends(stage, {}, "Wiki Page Hook").json() == {"status": "ignored"}
    assert sends(stage, pipeline("success", "feature/x")).json() == {"status": "ignored"}


@pytest.mark.parametrize("body", [[], {}, {"object_kind": "pipeline"}, {"object_kind": "wiki"}])
def test_what_cannot_be_read_is_refused(stage: Stage, body: Any) -> None:
    assert sends(stage, body).status_code == 400
