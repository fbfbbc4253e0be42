"""Runs are started once, followed by their own id and attempt, and stopped before anything takes their place."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.localhub import Hub
from bot.localhub.faults import Fault
from services.domain.attempts import Attempt, AttemptState, Hold, Outcome
from services.domain.messages import AttemptFinished, AttemptHeld, CancelPhase, RetryPhase
from services.domain.phase import Qa
from services.execution.workflow_runs import (
    Carried,
    Check,
    Run,
    aggregated,
    correlated,
    correlation_id,
    news_of,
    others,
    outcome_of_run,
)
from tests.localhub.conftest import REPO
from tests.plans import NOW

from .conftest import WORK, Stage, staged

DISPATCH = f"/repos/{REPO}/actions/workflows/phase.yml/dispatches"


@pytest.mark.parametrize("fault", [Fault.LOST_REPLY, Fault.ERROR_502_AFTER])
def test_a_run_whose_start_was_not_answered_is_found_and_not_started_again(stage: Stage, fault: Fault) -> None:
    stage.hub.faults.add("POST", DISPATCH, fault)
    stage.submits({"Build": WORK})

    stage.plays("Build", 1)

    assert stage.phase("Build").status == "completed"
    assert len(stage.hub.repository(REPO).runs) == 1


def test_a_run_that_was_never_started_is_started_later(stage: Stage) -> None:
    stage.hub.faults.add("POST", DISPATCH, Fault.ERROR_502)
    stage.submits({"Build": WORK})

    stage.plays("Build", 1)

    assert len(stage.hub.repository(REPO).runs) == 1


def order(stage: Stage, kind: type[CancelPhase] | type[RetryPhase], title: str) -> None:
    message = kind(plan=stage.id, phase=stage.phase(title).key, cause=f"{kind.__name__}/{title}", by="ada")
    assert not stage.phasebot.order(message).refused


def test_a_cancelled_phase_ends_its_run_and_is_not_run_again_before_that_has_ended(stage: Stage) -> None:
    stage.submits({"Build": WORK})
    run = stage.hub.runs.begin(stage.run_of("Build", 1))
    stage.tell()
    stage.wait_until(lambda: stage.state("Build", 1) == "running")

    order(stage, CancelPhase, "Build")
    order(stage, RetryPhase, "Build")
    assert stage.phasebot.answers.why(stage.plan, stage.phase("Build")).code == "attempt_stopping"  # type: ignore[union-attr]
    stage.wait_until(lambda: run.id in stage.hub.runs.cancelling)

    stage.hub.runs.complete(run, "cancelled")
    stage.tell()
    stage.plays("Build", 2)

    assert stage.state("Build", 1) == "cancelled"
    assert stage.phase("Build").status == "completed"


def test_a_run_that_waits_for_an_environment_says_so_once(stage: Stage) -> None:
    stage.submits({"Build": WORK})
    run = stage.hub.runs.wait(stage.run_of("Build", 1))
    stage.tell()

    stage.wait_until(lambda: len(stage.comments("Build")) == 1)
    assert stage.comments("Build")[0].startswith("**Phase 1: Build** waits for the approval of its environment")

    stage.hub.runs.begin(run)
    stage.tell()
    stage.wait_until(lambda: stage.state("Build", 1) == "running")


@pytest.mark.parametrize("webhooks", [True, False], ids=["webhooks", "no webhooks"])
def test_a_run_that_no_runner_takes_is_told_of_once(tmp_path: Path, hub: Hub, webhooks: bool) -> None:
    """As soon as the operator says."""
    with contextmanager(staged)(tmp_path, hub, webhooks=webhooks, queued_too_long=0.001) as stage:
        stage.submits({"Build": WORK})
        stage.run_of("Build", 1)
        stage.tell()

        stage.wait_until(lambda: len(stage.comments("Build")) == 1)
        assert stage.comments("Build")[0].startswith("**Phase 1: Build** has been queued for long and has not begun")

        stage.plays("Build", 1)
        stage.wait_until(lambda: stage.phase("Build").status == "completed")
        assert len(stage.comments("Build")) == 1


def test_an_older_server_that_refuses_to_name_the_run_is_asked_plainly(stage: Stage) -> None:
    stage.hub.features.run_details = False
    stage.submits({"Build": WORK, "Ship": WORK})
    stage.plays("Build", 1)
    stage.plays("Ship", 1)

    stage.wait_until(lambda: stage.phase("Ship").status == "completed")
    asked = stage.hub.requests.of("POST", "/dispatches")
    assert [one.status for one in asked] == [422, 204, 204], "it is found out once"


def test_the_next_run_starts_on_the_default_branch_of_that_moment_which_a_webhook_has_told(stage: Stage) -> None:
    stage.submits({"Build": WORK, "Ship": WORK})
    stage.run_of("Build", 1)
    stage.hub.db.run("UPDATE repositories SET default_branch = 'trunk'")
    stage.hub.requests.clear()

    stage.plays("Build", 1)

    assert stage.run_of("Ship", 1).branch == "trunk"
    asked = [one.status for one in stage.hub.requests.of("POST", "/dispatches")]
    assert asked == ([200] if stage.webhooks else [422, 422, 200])


def test_the_checks_of_the_commit_give_the_verdict_and_the_work_is_no_judge_of_itself(stage: Stage) -> None:
    stage.submits({"Build": replace(WORK, qa=Qa.CI)})
    stage.plays("Build", 1)
    stage.wait_until(lambda: bool(stage.phase("Build").attempt and stage.phase("Build").attempt.ref))  # type: ignore[union-attr]
    stage.wait_until(lambda: stage.phase("Build").attempts == 2 and stage.state("Build", 2) == "dispatched")
    stage.tell()
    assert stage.phase("Build").status == "needs_qa"

    repository, ada = stage.hub.repositories.named(REPO), stage.hub.people.named("ada")
    for _ in range(2):
        run = stage.hub.runs.dispatch(repository, ada, "smoke.yml", ref="main", inputs={})
        stage.hub.runs.complete(run)
    stage.tell()

    stage.wait_until(lambda: stage.phase("Build").status == "completed")


@pytest.mark.parametrize(("state", "becomes"), [("success", "completed"), ("error", "failed")])
def test_statuses_and_checks_of_a_commit_are_one_verdict(stage: Stage, state: str, becomes: str) -> None:
    stage.submits({"Build": replace(WORK, qa=Qa.CI)})
    work = stage.plays("Build", 1)
    stage.wait_until(lambda: stage.phase("Build").attempts == 2 and stage.state("Build", 2) == "dispatched")

    repository, ada = stage.hub.repositories.named(REPO), stage.hub.people.named("ada")
    said_by_itself = f"https://x/{REPO}/actions/runs/{work.id}"
    stage.hub.statuses.create(repository, ada, work.sha, "success", context="own", target_url=said_by_itself)
    stage.hub.statuses.create(repository, ada, work.sha, "pending", context="lint")
    stage.hub.runs.complete(stage.hub.runs.dispatch(repository, ada, "smoke.yml", ref="main", inputs={}))
    for number in range(101):
        stage.hub.statuses.create(repository, ada, work.sha, "success", context=f"test {number}")
    stage.tell()
    assert stage.phase("Build").status == "needs_qa", "one is still under way, on the second page"

    stage.hub.statuses.create(repository, ada, work.sha, state, context="lint")
    stage.tell()

    stage.wait_until(lambda: stage.phase("Build").status == becomes)
    if becomes == "failed":
        failure = stage.phase("Build").failure
        assert failure is not None
        assert failure.details["checks"] == ["lint"]


# ---------------------------------------------------------------- what a run means

RUN = Run(7, 1, "queued", None, "https://example/run", "phasebot plan-3", "abc")
ATTEMPT = Attempt(1, 3, "actions", AttemptState.DISPATCHED, NOW, lease_until=NOW, ref="7/1")
OF = Carried("ada/site", "plan", "a", ATTEMPT)


def kinds(run: Run, of: Carried = OF, later: timedelta = timedelta()) -> list[str]:
    return [one.kind for one in news_of(run, of, NOW + later)]


def test_a_queued_run_is_alive_and_after_a_while_people_are_told() -> None:
    assert kinds(RUN) == ["attempt_renewed"]
    assert kinds(RUN, later=timedelta(minutes=10)) == ["attempt_renewed", "attempt_held"]
    held = replace(OF, attempt=replace(ATTEMPT, held=Hold.QUEUE))
    assert kinds(RUN, held, timedelta(minutes=20)) == ["attempt_renewed"]


def test_waiting_for_an_approval_is_another_thing() -> None:
    [_, held] = news_of(replace(RUN, status="waiting"), OF, NOW)

    assert isinstance(held, AttemptHeld)
    assert held.hold is Hold.APPROVAL


def test_a_run_that_goes_on_in_another_attempt_is_followed_there() -> None:
    assert kinds(replace(RUN, attempt=2, status="in_progress")) == [
        "attempt_dispatched",
        "attempt_renewed",
        "attempt_started",
    ]


@pytest.mark.parametrize(
    ("conclusion", "outcome", "retryable"),
    [
        ("success", Outcome.PASSED, None),
        ("neutral", Outcome.PASSED, None),
        ("failure", Outcome.BROKE, True),
        ("cancelled", Outcome.CANCELLED, False),
        ("timed_out", Outcome.TIMED_OUT, True),
        ("skipped", Outcome.BROKE, False),
        ("startup_failure", Outcome.BROKE, False),
        ("action_required", Outcome.BROKE, False),
        ("stale", Outcome.LOST, True),
        ("something new", Outcome.BROKE, False),
    ],
)
def test_nothing_passes_but_what_says_so(conclusion: str, outcome: Outcome, retryable: bool | None) -> None:
    run = replace(RUN, status="completed", conclusion=conclusion)

    found, failure = outcome_of_run(run, NOW)

    assert (found, failure and failure.retryable) == (outcome, retryable)
    [report] = news_of(run, OF, NOW)
    assert isinstance(report, AttemptFinished)


def test_a_title_names_its_attempt_and_only_whole_words_do() -> None:
    assert correlated(f"phasebot {correlation_id('0x9k', 12)}") == ("0x9k", 12)
    assert correlated("release v1.2-rc") is None
    with pytest.raises(ValueError, match="cannot be given"):
        correlation_id("a b; rm -rf /", 1)


def _check(name: str, conclusion: str | None, url: str = "") -> Check:
    return Check(name, "completed" if conclusion else "in_progress", conclusion, url)


@pytest.mark.parametrize(
    ("conclusions", "outcome"),
    [
        ([], None),
        (["success", None], None),
        (["skipped", "neutral"], None),
        (["success", "skipped"], Outcome.PASSED),
        (["success", "failure"], Outcome.BROKE),
        (["success", "cancelled"], Outcome.BROKE),
        (["failure", None], None),
    ],
)
def test_all_checks_of_a_commit_are_one_verdict(conclusions: list[str | None], outcome: Outcome | None) -> None:
    found = aggregated([_check(f"c{n}", one) for n, one in enumerate(conclusions)], NOW)

    assert (found[0] if found else None) is outcome


def test_the_jobs_of_the_work_itself_do_not_count() -> None:
    mine = _check("a", "success", "https://x/actions/runs/7/job/1"), _check("b", "success", "https://x/actions/runs/7")
    other = _check("c", "success", "https://x/actions/runs/77")

    assert others([*mine, other], "7") == [other]
