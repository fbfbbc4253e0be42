"""Runs push what they have made: a later phase on our machine begins with it."""

from __future__ import annotations

from services.domain.phase import LOCAL, Operation, Rules
from services.domain.rules import Deliver
from tests.actions.conftest import TEMPLATE, WORK
from tests.localhub.conftest import REPO

from .conftest import Merging

COPIES = Operation("command", {"run": "cp made.txt pages.txt"})


def test_a_phase_begins_with_what_a_run_has_pushed(merging: Merging) -> None:
    stage, hub = merging.stage, merging.hub
    hub.put_file(REPO, ".github/workflows/phase.yml", TEMPLATE.read_text(encoding="utf-8"))
    stage.submits({"Build": WORK, "Pages": Rules(executor=LOCAL, operations=(COPIES,), deliver=Deliver.BRANCH)})

    stage.run_of("Build", 1)
    hub.create_agent(REPO, "runner[bot]").writes("main", "made.txt", "by the run")
    stage.plays("Build", 1)

    stage.wait_until(lambda: stage.phase("Pages").status in ("completed", "failed"))
    attempt = stage.phase("Pages").attempt
    assert attempt is not None
    assert attempt.failure is None
    assert attempt.result is not None
    assert attempt.result.changes is not None
    assert merging.clone.fetched(attempt.result.changes.branch, "pages.txt") == "by the run"
