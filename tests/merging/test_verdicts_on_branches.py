"""`qa: ci` for a phase of our machine: the verdict is that of the checks of the commit that was pushed with its result."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

import pytest

from services.domain.phase import Qa
from services.domain.rules import Deliver
from tests.localhub.conftest import REPO
from tests.localhub.git import git
from tests.web.conftest import SECRET

from .conftest import Merging, writing

SCHEMA = writing("schema.sql", "tables", qa=Qa.CI)


def awaited(merging: Merging, title: str) -> str:
    """The commit whose checks are waited for."""
    stage = merging.stage
    stage.wait_until(lambda: _is_watched(merging, title))
    attempt = stage.phase(title).attempt
    assert attempt is not None
    return attempt.ref.removesuffix("/")


def _is_watched(merging: Merging, title: str) -> bool:
    phase = merging.stage.phase(title)
    return phase.status == "needs_qa" and phase.attempt is not None and bool(phase.attempt.ref)


def says(merging: Merging, sha: str, state: str, context: str = "test") -> None:
    """CI, of a commit."""
    hub = merging.hub
    hub.statuses.create(hub.repositories.named(REPO), hub.people.named("ada"), sha, state, context=context)
    merging.stage.tell()


@pytest.mark.parametrize("deliver", [Deliver.BRANCH, Deliver.PULL_REQUEST])
def test_the_checks_of_the_pushed_branch_are_the_verdict(merging: Merging, deliver: Deliver) -> None:
    merging.stage.submits({"Schema": replace(SCHEMA, deliver=deliver), "Pages": writing("pages.html")})

    sha = awaited(merging, "Schema")
    says(merging, sha, "pending")
    says(merging, sha, "success", "lint")
    assert merging.stage.phase("Schema").status == "needs_qa"
    says(merging, sha, "success")

    merging.stage.wait_until(lambda: merging.stage.phase("Pages").status == "completed")
    git(merging.clone.folder, "fetch", "--quiet", "origin")
    assert git(merging.clone.folder, "show", f"{sha}:schema.sql") == "tables"
    assert "refs/remotes/origin/phasebot/" in git(
        merging.clone.folder, "for-each-ref", "--format=%(refname)", "--contains", sha, "refs/remotes"
    )


def test_a_check_that_fails_sends_the_work_back_and_the_next_commit_is_judged(merging: Merging) -> None:
    again = writing("schema.sql", "$(date +%N)", qa=Qa.CI, retries=1, retry_delay=SCHEMA.retry_delay)
    merging.stage.submits({"Schema": again})

    first = awaited(merging, "Schema")
    says(merging, first, "failure")
    merging.stage.wait_until(lambda: merging.stage.phase("Schema").attempts == 4 and _is_watched(merging, "Schema"))

    second = awaited(merging, "Schema")
    assert second != first
    says(merging, second, "success")
    merging.stage.wait_until(lambda: merging.stage.phase("Schema").status == "completed")


def test_the_pull_request_is_opened_for_what_was_judged(merging: Merging) -> None:
    merging.stage.submits({"Schema": SCHEMA})

    says(merging, awaited(merging, "Schema"), "success")

    pull = merging.opened()
    assert pull.pull is not None
    assert pull.pull.head == merging.pull.branch


def test_a_job_of_the_branch_reports_by_its_commit_alone(merging: Merging) -> None:
    merging.stage.submits({"Schema": SCHEMA})
    sha = awaited(merging, "Schema")

    body = {"status": "success", "repository": REPO, "sha": sha, "run_id": "77", "branch": "refs/heads/phasebot/x"}
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    digest = hmac.digest(SECRET.encode(), raw, hashlib.sha256).hex()
    answer = merging.stage.ci(body, **{"X-Hub-Signature-256": f"sha256={digest}"})

    assert answer.status_code == 202, answer.text
    merging.stage.wait_until(lambda: merging.stage.phase("Schema").status == "completed")
