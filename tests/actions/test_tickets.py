"""Tickets: CI without any secret of ours speaks once for one attempt."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.localhub import Hub
from services.domain.phase import Qa
from tests.actions.test_report import report
from tests.localhub.conftest import REPO
from tests.web.conftest import PATIENCE, TOKEN, error_of, ok

from .conftest import WORK, Stage, staged


@pytest.fixture
def stage(tmp_path: Path, hub: Hub) -> Iterator[Stage]:
    yield from staged(tmp_path, hub, webhooks=True)


@pytest.fixture
def waiting(stage: Stage) -> Stage:
    """The work is done, and CI is to give its verdict."""
    stage.submits({"Build": replace(WORK, qa=Qa.CI), "Ship": WORK})
    stage.plays("Build", 1)
    stage.wait_until(lambda: stage.phase("Build").attempts == 2 and stage.state("Build", 2) == "dispatched")
    return stage


def asked(stage: Stage, title: str, **wanted: int) -> httpx.Response:
    url = f"{stage.url}/api/phases/{stage.id}.{stage.phase(title).serial}/ticket"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.post(url, json=wanted, headers=headers, trust_env=False, timeout=PATIENCE)


def ticket(stage: Stage, **wanted: int) -> str:
    return str(ok(asked(stage, "Build", **wanted))["ticket"])


def says(stage: Stage, ticket: str, status: str = "success", **more: Any) -> httpx.Response:
    return stage.ci({"status": status, **more}, Authorization=f"Bearer {ticket}")


def test_a_ticket_gives_the_verdict_whatever_else_the_body_names(waiting: Stage) -> None:
    answer = says(waiting, ticket(waiting), plan=waiting.id, phase=waiting.phase("Ship").key)

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    waiting.wait_until(lambda: waiting.phase("Build").status == "completed")
    assert waiting.phase("Ship").status != "completed"


def test_a_ticket_counts_once(waiting: Stage) -> None:
    mine = ticket(waiting)
    says(waiting, mine, "failure")
    waiting.wait_until(lambda: waiting.phase("Build").status == "failed")

    assert error_of(says(waiting, mine, "success"), 401)["message"].endswith("or was never made here")
    assert waiting.phase("Build").status == "failed"


def test_the_same_words_may_come_again_because_their_answer_was_lost(waiting: Stage) -> None:
    mine, other = ticket(waiting), ticket(waiting)
    assert says(waiting, mine).json() == {"status": "accepted"}

    assert says(waiting, mine).status_code in (202, 404)
    waiting.wait_until(lambda: waiting.phase("Build").status == "completed")
    error_of(says(waiting, other, "failure"), 404)  # the attempt is over


@pytest.mark.parametrize("forged", ["pbci_" + "a" * 43, "pbci_", "pbci_ä"])
def test_a_forged_ticket_proves_nothing(waiting: Stage, forged: str) -> None:
    answer = httpx.post(
        f"{waiting.url}/webhooks/ci",
        json={"status": "success"},
        headers={b"Authorization": b"Bearer " + forged.encode()},
        trust_env=False,
        timeout=PATIENCE,
    )

    assert error_of(answer, 401)["type"] == "unauthorized"
    assert waiting.phase("Build").status == "needs_qa"


def test_a_ticket_expires(waiting: Stage) -> None:
    attempt = waiting.phase("Build").attempt
    assert attempt is not None
    key = waiting.phase("Build").key
    late = waiting.phasebot.callbacks.ticket(waiting.id, key, attempt.fence, good_for=timedelta(seconds=-1))

    assert error_of(says(waiting, late), 401)["type"] == "unauthorized"

    assert waiting.phase("Build").status == "needs_qa"
    assert error_of(asked(waiting, "Build", seconds=5), 422)


def test_one_that_was_made_for_the_work_is_good_for_the_verdict_and_for_no_later_work(stage: Stage) -> None:
    stage.submits({"Build": replace(WORK, qa=Qa.CI, retries=1)})
    stage.run_of("Build", 1)
    early, unused = ticket(stage), ticket(stage)
    stage.plays("Build", 1)
    stage.wait_until(lambda: stage.phase("Build").attempts == 2 and stage.state("Build", 2) == "dispatched")

    assert says(stage, early, "failure").status_code == 202

    stage.run_of("Build", 3)
    error_of(says(stage, unused), 404)
    assert stage.phase("Build").status == "running"


def test_it_is_kept_as_a_hash(waiting: Stage, tmp_path: Path) -> None:
    mine = ticket(waiting)

    with closing(sqlite3.connect(tmp_path / "phasebot.db")) as database:
        told = "\n".join(database.iterdump())
    assert "ci_tickets" in told
    assert mine not in told


def test_nothing_to_speak_for_no_ticket(waiting: Stage) -> None:
    assert error_of(asked(waiting, "Ship"), 409)["message"] == "nothing of this phase is under way"


def test_a_workflow_gets_one_where_the_policy_says_so(stage: Stage) -> None:
    asks = _with_input(stage.hub, "ticket")
    stage.submits({"Build": replace(WORK, inputs={asks: "{ticket}", "kind": "plain"}), "Ship": WORK})
    run = stage.run_of("Build", 1)

    assert run.inputs["kind"] == "plain"
    done = report("success", PHASEBOT_URL=stage.url, PHASEBOT_TICKET=run.inputs["ticket"])

    assert (done.returncode, done.stdout) == (0, "phasebot: reported success\n")
    stage.wait_until(lambda: stage.phase("Build").status == "completed")
    assert "ticket" not in stage.run_of("Ship", 1).inputs


def _with_input(hub: Hub, name: str) -> str:
    from .conftest import _WORKFLOW

    hub.put_file(REPO, ".github/workflows/phase.yml", _WORKFLOW.replace("{plan:", f"{{{name}: {{}}, kind: {{}}, plan:"))
    return name
