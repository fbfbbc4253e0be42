"""The report script as CI runs it: a real process that reaches a real server, with what CI has in its environment."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.localhub import Hub
from bot.localhub.workflows import read_workflow
from services.domain.phase import Qa
from tests.localhub.conftest import REPO
from tests.plans import NOW
from tests.web.conftest import SECRET

from .conftest import WORK, Stage, staged

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts/ci/report.sh"


@pytest.fixture
def stage(tmp_path: Path, hub: Hub) -> Iterator[Stage]:
    yield from staged(tmp_path, hub, webhooks=True)


def report(status: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {"PATH": "/usr/bin:/bin:/usr/local/bin", "PHASEBOT_TRIES": "1", "no_proxy": "*"}
    return subprocess.run(
        ["/bin/sh", str(SCRIPT), status],
        env=path | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def waiting(stage: Stage) -> None:
    stage.submits({"Build": replace(WORK, qa=Qa.CI)})
    stage.plays("Build", 1)
    stage.wait_until(lambda: stage.phase("Build").attempts == 2 and stage.state("Build", 2) == "dispatched")


def test_without_a_server_nothing_is_reported_and_nothing_fails() -> None:
    done = report("success", PHASEBOT_WEBHOOK_SECRET=SECRET)

    assert (done.returncode, done.stdout) == (0, "phasebot: PHASEBOT_URL is not set; nothing is reported\n")


def test_without_credentials_nothing_is_reported_and_nothing_fails() -> None:
    done = report("success", PHASEBOT_URL="http://127.0.0.1:9")

    assert done.returncode == 0
    assert "nothing is reported" in done.stdout


@pytest.mark.parametrize(("status", "becomes"), [("success", "completed"), ("failure", "failed")])
def test_gitlab_tells_by_its_branch(stage: Stage, status: str, becomes: str) -> None:
    waiting(stage)

    done = report(
        status,
        PHASEBOT_URL=stage.url,
        PHASEBOT_WEBHOOK_SECRET=SECRET,
        CI_PIPELINE_ID="12",
        CI_PROJECT_PATH="acme/site",
        CI_COMMIT_REF_NAME=f"phasebot/{stage.id}/{stage.phase('Build').key}",
        CI_JOB_URL="https://gitlab.example/acme/site/-/jobs/12",
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, f"phasebot: reported {status}\n", "")
    stage.wait_until(lambda: stage.phase("Build").status == becomes)


def test_github_tells_by_its_run(stage: Stage) -> None:
    stage.submits({"Build": WORK})
    run = stage.run_of("Build", 1)

    done = report(
        "success",
        PHASEBOT_URL=stage.url,
        PHASEBOT_WEBHOOK_SECRET=SECRET,
        GITHUB_RUN_ID=str(run.id),
        GITHUB_RUN_ATTEMPT="1",
        GITHUB_REPOSITORY=REPO,
        GITHUB_REF='refs/heads/a"; rm -rf $(HOME) \\',
    )

    assert done.returncode == 0, done.stderr
    stage.wait_until(lambda: stage.phase("Build").status == "completed")


def test_a_job_on_github_needs_no_secret(tmp_path: Path, hub: Hub) -> None:
    for stage in staged(tmp_path, hub, webhooks=True, public_url="https://bot.example"):
        stage.submits({"Build": WORK})
        run = stage.run_of("Build", 1)
        with token_service(hub.oidc.token(run, "https://bot.example")) as service:
            done = report(
                "success",
                PHASEBOT_URL=stage.url,
                GITHUB_RUN_ID=str(run.id),
                ACTIONS_ID_TOKEN_REQUEST_URL=f"{service}/token?v=1",
                ACTIONS_ID_TOKEN_REQUEST_TOKEN="the-request-token",
            )

        assert (done.returncode, done.stdout, done.stderr) == (0, "phasebot: reported success\n", "")
        stage.wait_until(lambda stage=stage: stage.phase("Build").status == "completed")  # type: ignore[misc]


@contextmanager
def token_service(token: str) -> Iterator[str]:
    """What a job on GitHub asks for its identity token."""

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_job = self.headers["Authorization"] == "bearer the-request-token" and "&audience=" in self.path
            self.send_response(200 if is_job else 401)
            self.end_headers()
            self.wfile.write(json.dumps({"value": token, "count": 1}).encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def test_a_report_that_is_refused_or_does_not_arrive_fails_without_a_secret_in_it(stage: Stage) -> None:
    refused = report("success", PHASEBOT_URL=stage.url, PHASEBOT_WEBHOOK_SECRET="wrong one")
    lost = report("success", PHASEBOT_URL="http://127.0.0.1:9", PHASEBOT_WEBHOOK_SECRET=SECRET)

    assert (refused.returncode, lost.returncode) == (1, 1)
    assert "refused with 401" in refused.stderr
    assert "could not be delivered" in lost.stderr
    for done in (refused, lost):
        assert SECRET not in done.stdout + done.stderr
        assert "wrong one" not in done.stdout + done.stderr


def test_the_template_takes_what_it_is_given_and_lets_no_text_into_a_script() -> None:
    template = ROOT / "examples/actions/phase.yml"
    workflow = read_workflow(".github/workflows/phase.yml", template.read_bytes(), NOW)
    parsed = YAML(typ="safe").load(template.read_text())

    assert set(workflow.inputs) == {"plan", "phase", "attempt", "fence", "correlation_id"}
    assert workflow.title == "phasebot ${{ inputs.correlation_id }}"
    assert parsed["permissions"] == {}
    scripts = [step.get("run", "") for job in parsed["jobs"].values() for step in job["steps"]]
    assert not any("${{" in script for script in scripts)
    action = YAML(typ="safe").load((ROOT / ".github/actions/report/action.yml").read_text())
    assert not any("${{" in step["run"] for step in action["runs"]["steps"])
