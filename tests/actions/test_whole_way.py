"""The whole way round: a plan becomes issues, its phases are runs of workflows, and everything is closed in the end.

Each story is told twice: with webhooks, and without any, when the bot finds out by looking.
"""

from __future__ import annotations

from dataclasses import replace

import httpx

from services.domain.phase import Qa
from tests.localhub.conftest import REPO
from tests.web.conftest import TOKEN

from .conftest import WORK, Stage


def test_a_plan_is_carried_out_by_runs_to_the_last_issue(stage: Stage) -> None:
    stage.submits(
        {
            "Build": replace(WORK, retries=1, rerun_failed=True),
            "Ship": replace(WORK, qa=Qa.CI, qa_workflow="smoke.yml"),
            "Announce": WORK,
        }
    )

    first = stage.plays("Build", 1, "failure", build="success")
    again = stage.plays("Build", 2)
    stage.plays("Ship", 1)
    check = stage.plays("Ship", 2)
    stage.plays("Announce", 1)

    assert (again.id, again.attempt) == (first.id, 2)
    assert [job.name for job in stage.hub.runs.jobs(again)] == ["test"]
    assert (check.path, check.inputs["phase"]) == (".github/workflows/smoke.yml", stage.phase("Ship").key)
    stage.wait_until(lambda: stage.phasebot.answers.settled(stage.plan))
    assert {issue.state for issue in stage.hub.repository(REPO).issues} == {"closed"}
    assert len(stage.hub.repository(REPO).runs) == 4


def test_a_run_is_given_ids_only(stage: Stage) -> None:
    stage.submits({"Build": WORK})

    run = stage.run_of("Build", 1)

    key = stage.phase("Build").key
    ids = {"plan": stage.id, "phase": key, "attempt": "1", "fence": "1", "correlation_id": f"{stage.id}-1"}
    assert run.inputs == ids
    assert run.title == f"phasebot {stage.id}-1"


def test_the_api_says_what_the_executor_calls_an_attempt(stage: Stage) -> None:
    stage.submits({"Build": WORK})
    run = stage.run_of("Build", 1)

    address = f"{stage.url}/api/phases/{stage.id}.{stage.phase('Build').serial}"
    answer = httpx.get(address, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)

    [attempt] = answer.json()["attempts"]
    assert (attempt["kind"], attempt["executor_ref"], attempt["held"]) == ("work", f"{run.id}/1", None)
    assert attempt["url"].endswith(f"/actions/runs/{run.id}")


def test_a_failed_run_fails_its_phase_and_the_notice_leads_to_it(stage: Stage) -> None:
    stage.submits({"Build": WORK, "Ship": WORK})

    run = stage.plays("Build", 1, "failure")

    stage.wait_until(lambda: stage.phase("Build").status == "failed")
    stage.wait_until(lambda: stage.phasebot.answers.settled(stage.plan))
    issue = stage.phase("Build").issue
    assert issue is not None
    [notice] = stage.hub.repository(REPO).comments(issue.number)
    assert f"/{REPO}/actions/runs/{run.id}" in notice.body
    assert stage.phase("Ship").status == "blocked"


def test_a_workflow_that_is_not_there_fails_the_phase_in_words(stage: Stage) -> None:
    stage.submits({"Build": replace(WORK, workflow="none.yml", retries=3)})

    stage.wait_until(lambda: stage.phase("Build").status == "failed")

    failure = stage.phase("Build").failure
    assert failure is not None
    assert (failure.type, stage.phase("Build").attempts) == ("workflow_invalid", 1)
