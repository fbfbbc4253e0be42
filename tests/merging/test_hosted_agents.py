"""`executor: agent`: the issue of a phase is assigned to a hosted agent, whose pull request is followed to its merge.

Each story is told twice: with webhooks, and without any, when the bot finds out by looking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.github.agents import refers_to
from bot.localhub import Hub
from bot.localhub.agents import HostedAgent
from services.domain.attempts import AttemptState
from services.domain.phase import AGENT, LOCAL, Operation, Phase, Rules
from services.domain.rules import Deliver
from services.execution.workflow_runs import Carried
from tests.actions.conftest import Stage, staged
from tests.localhub.conftest import REPO
from tests.localhub.git import Clone

from .conftest import Merging, cloned

LOGIN = "copilot-swe-agent[bot]"
WORK = Rules(executor=AGENT, agent=LOGIN, retry_delay=timedelta(milliseconds=1))


@dataclass
class Agency:
    """The stage, and the agent that phases are given to."""

    stage: Stage
    hub: Hub
    agent: HostedAgent
    clone: Clone

    def issue(self, title: str) -> int:
        """The issue of a phase, once the agent has it."""
        self.stage.wait_until(lambda: self._has(title))
        issue = self.stage.phase(title).issue
        assert issue is not None
        return issue.number

    def _has(self, title: str) -> bool:
        issue, attempt = self.stage.phase(title).issue, self.stage.phase(title).attempt
        is_given = attempt is not None and attempt.state.is_in_flight and bool(attempt.ref)
        return is_given and issue is not None and any(one.number == issue.number for one in self.agent.issues)

    def opens(self, title: str) -> int:
        """The agent opens its draft, and that is heard of."""
        pull = self.agent.opens(self.issue(title)).number
        self.stage.tell()
        self.stage.wait_until(lambda: self.held(title) == "draft")
        return pull

    def held(self, title: str) -> str | None:
        attempt = self.stage.phase(title).attempt
        return attempt.held if attempt else None

    def ends(self, title: str) -> Phase:
        self.stage.tell()
        self.stage.wait_until(lambda: self.stage.phase(title).status in ("completed", "failed"))
        return self.stage.phase(title)

    def failure(self, title: str) -> str:
        failure = self.ends(title).failure
        assert failure is not None
        return failure.type


@pytest.fixture(params=[True, False], ids=["webhooks", "no webhooks"])
def agency(tmp_path: Path, hub: Hub, request: pytest.FixtureRequest) -> Iterator[Agency]:
    for stage in staged(tmp_path, hub, webhooks=request.param, workspace=cloned):
        yield Agency(stage, hub, hub.create_agent(REPO, LOGIN), Clone(tmp_path / "work"))


def test_the_agents_pull_request_is_followed_to_its_merge(agency: Agency) -> None:
    agency.stage.submits({"Schema": WORK, "Pages": WORK})

    pull = agency.opens("Schema")
    attempt = agency.stage.phase("Schema").attempt
    assert attempt is not None
    assert (attempt.state, attempt.ref, attempt.url.endswith(f"/pull/{pull}")) == ("running", f"pull/{pull}", True)
    assert not agency.stage.comments("Schema"), "a draft is nobody's business yet"

    agency.agent.is_ready(pull)
    agency.stage.tell()
    agency.stage.wait_until(lambda: agency.held("Schema") == "merge")
    agency.stage.wait_until(lambda: len(agency.stage.comments("Schema")) == 1)
    assert f"/pull/{pull}) is ready" in agency.stage.comments("Schema")[0]
    assert agency.stage.phase("Pages").status == "queued"

    agency.hub.merge_pull(REPO, pull, "ada")
    phase = agency.ends("Schema")
    assert phase.status == "completed"
    result = phase.attempt.result if phase.attempt else None
    assert result is not None
    assert (result.modified, result.changes and result.changes.note) == (True, f"merged with #{pull}")
    agency.issue("Pages")


def test_a_later_phase_on_our_machine_begins_with_what_the_agent_has_brought(agency: Agency) -> None:
    run = Operation("command", {"run": "cat agent-*.txt > pages.txt", "shell": True})
    pages = Rules(executor=LOCAL, operations=(run,), deliver=Deliver.BRANCH)
    agency.stage.submits({"Schema": WORK, "Pages": pages})
    pull = agency.opens("Schema")
    agency.agent.is_ready(pull)
    agency.hub.merge_pull(REPO, pull, "ada")

    phase = agency.ends("Pages")

    assert phase.status == "completed", phase.failure
    result = phase.attempt.result if phase.attempt else None
    assert result is not None
    assert result.changes is not None
    assert agency.clone.fetched(result.changes.branch, "pages.txt") == "begun"


def test_why_says_what_the_agent_does(agency: Agency) -> None:
    agency.stage.submits({"Schema": WORK})
    issue, pull = agency.issue("Schema"), agency.opens("Schema")

    agency.hub.comment(REPO, issue, "ada", "/phase why")
    agency.stage.tell()

    agency.stage.wait_until(lambda: len(agency.stage.comments("Schema")) == 2)
    [_, answer] = agency.stage.comments("Schema")
    assert "its agent works at a draft" in answer
    assert f"/pull/{pull}" in answer


def test_closed_without_a_merge_the_phase_fails_and_a_retry_assigns_anew(agency: Agency) -> None:
    agency.stage.submits({"Schema": WORK})
    first = agency.opens("Schema")
    agency.hub.edit_pull(REPO, first, "ada", state="closed")
    assert agency.failure("Schema") == "not_merged"

    issue = agency.stage.phase("Schema").issue
    assert issue is not None
    agency.hub.comment(REPO, issue.number, "ada", "/phase retry")
    agency.stage.tell()
    agency.stage.wait_until(lambda: agency.stage.phase("Schema").attempts == 2)
    second = agency.opens("Schema")

    kinds = [one.kind for one in agency.hub.repository(REPO).timeline(issue.number)]
    assert kinds.count("assigned") == 2
    agency.hub.set_draft(REPO, second, "ada", draft=False)
    agency.hub.merge_pull(REPO, second, "ada")
    assert agency.ends("Schema").status == "completed"


def test_an_agent_that_is_taken_off_the_issue_has_failed(agency: Agency) -> None:
    agency.stage.submits({"Schema": WORK})
    issue = agency.issue("Schema")

    agency.hub.edit_issue(REPO, issue, "ada", assignees=())

    assert agency.failure("Schema") == "unassigned"


def test_an_agent_that_is_being_assigned_anew_was_not_taken_off(agency: Agency) -> None:
    agency.stage.submits({"Schema": WORK})
    number = agency.issue("Schema")
    agency.hub.edit_issue(REPO, number, "ada", assignees=())
    phase = agency.stage.phase("Schema")
    assert phase.attempt is not None
    claimed = replace(phase.attempt, state=AttemptState.CLAIMED, ref="")

    assert not agency.stage.phasebot.elsewhere.look_at(Carried(REPO, agency.stage.id, phase.key, claimed))


def test_no_pull_request_within_the_time_of_the_policy_is_a_stall(agency: Agency) -> None:
    agency.stage.submits({"Schema": replace(WORK, stalled_after=timedelta(milliseconds=1))})
    agency.issue("Schema")
    agency.agent.opens(agency.hub.create_issue(REPO, "ada", "Something else").number)  # whatever it is, we look

    assert agency.failure("Schema") == "stalled"
    agency.stage.wait_until(lambda: [one.title for one in agency.agent.issues] == [])


def test_giving_a_phase_up_takes_the_agent_off(agency: Agency) -> None:
    agency.stage.submits({"Schema": WORK})
    issue = agency.issue("Schema")

    agency.hub.comment(REPO, issue, "ada", "/phase skip")
    agency.stage.tell()

    agency.stage.wait_until(lambda: not agency.agent.issues)
    agency.stage.wait_until(lambda: agency.stage.state("Schema", 1) == "cancelled")


@pytest.mark.parametrize("agent", ["nobody", ""])
def test_an_agent_that_is_not_there_is_a_failure_in_words(agency: Agency, agent: str) -> None:
    agency.stage.submits({"Schema": replace(WORK, agent=agent)})

    assert agency.failure("Schema") == "agent_unavailable"


def test_the_pull_request_of_somebody_else_is_not_the_agents(agency: Agency, tmp_path: Path) -> None:
    agency.stage.submits({"Schema": WORK})
    issue = agency.issue("Schema")
    clone = Clone(tmp_path / "work")
    clone.pushes("theirs", "theirs.txt", "theirs")
    Merging(agency.stage, agency.hub, clone).open_by_hand("wes", "theirs", f"Fixes #{issue}")
    agency.stage.tell()

    pull = agency.opens("Schema")

    attempt = agency.stage.phase("Schema").attempt
    assert attempt is not None
    assert attempt.ref == f"pull/{pull}"


def test_where_phasebot_acts_as_an_app_a_person_assigns(tmp_path: Path, hub: Hub) -> None:
    token = SecretStr(hub.create_token("ada"))
    for stage in staged(tmp_path, hub, webhooks=True, workspace=cloned, agent_token=token):
        agency = Agency(stage, hub, hub.create_agent(REPO, LOGIN), Clone(tmp_path / "work"))
        stage.submits({"Schema": WORK})

        [assigned] = [one for one in hub.repository(REPO).timeline(agency.issue("Schema")) if one.kind == "assigned"]

        assert assigned.actor.login == "ada"


@pytest.mark.parametrize(
    ("body", "is_meant"),
    [
        ("Fixes #12", True),
        ("fixes acme/site#12.", True),
        ("See https://github.com/acme/site/issues/12", True),
        ("Fixes #123", False),
        ("Fixes other/site#12", False),
        ("See https://github.com/acme/site/issues/123", False),
        ("See https://github.com/other/site/issues/12", False),
        ("&#12;", False),
        ("", False),
    ],
)
def test_a_text_refers_to_an_issue_by_number_or_address(body: str, *, is_meant: bool) -> None:
    assert refers_to(body, "acme/site", 12) is is_meant
