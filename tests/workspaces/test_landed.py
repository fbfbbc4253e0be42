"""A phase begins with what runs, hosted agents and people have done before it, wherever that is."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from services.domain.attempts import Attempt, AttemptState
from services.domain.phase import ACTIONS, AGENT, LOCAL, MANUAL, Phase
from services.domain.rules import Deliver, Rules
from services.domain.transitions import PhaseState
from services.execution.tool import ToolFailed
from services.ports import Assignment
from tests.execution.kit import NOW
from tests.workspaces.conftest import Attempts, Repository
from tests.workspaces.test_clones import QUIET, Machine, machine

__all__ = ["machine"]
DELIVERED = Rules(executor=LOCAL, deliver=Deliver.BRANCH)


def done(of: Phase, by: str, **rules: str) -> Phase:
    """The phase, carried out by this executor."""
    attempt = Attempt(1, 1, by, AttemptState.SUCCEEDED, NOW)
    return replace(of, state=PhaseState.COMPLETED, attempt=attempt, rules=Rules(executor=by, **rules))  # type: ignore[arg-type]


def after(assignment: Assignment, by: str, **rules: str) -> Assignment:
    """With everything before it done there."""
    return replace(assignment, before=tuple(done(one, by, **rules) for one in assignment.before))


def found(attempts: Attempts | Machine, assignment: Assignment) -> set[str]:
    """The files that an attempt begins with."""
    if isinstance(attempts, Machine):
        with attempts.workspaces.open(assignment, attempts.log()) as workspace:
            return {path.name for path in Path(workspace.folder).glob("*.txt")}
    with attempts.open(assignment) as workspace:
        return {path.name for path in Path(workspace.folder).glob("*.txt")}


# ---------------------------------------------------------------- in a clone of ours


@pytest.mark.parametrize("by", [ACTIONS, AGENT, MANUAL])
def test_what_came_to_the_default_branch_is_there(repository: Repository, machine: Machine, by: str) -> None:
    machine.works(1, files={"one.txt": "1"}, rules=QUIET)
    repository.commit({"theirs.txt": "merged, pushed or committed"})

    assert found(machine, after(machine.assignment(3, 2), by)) == {"theirs.txt"}
    assert found(machine, after(machine.assignment(4), by)) == set(), "nothing before it was done there"


def test_it_is_merged_with_our_own_results(repository: Repository, machine: Machine) -> None:
    machine.works(1, files={"one.txt": "1"})
    repository.commit({"theirs.txt": ""})
    assignment = machine.assignment(3, 1, 2)
    ours, theirs = assignment.before

    changes = machine.run(replace(assignment, before=(ours, done(theirs, AGENT))), {"three.txt": ""}).result

    assert changes is not None
    assert repository.files("refs/phasebot/p1/3") == ["README.md", "one.txt", "src/app.py", "theirs.txt", "three.txt"]


@pytest.mark.parametrize(("by", "rule"), [(AGENT, "base"), (ACTIONS, "ref")])
def test_it_is_taken_from_the_branch_that_the_policy_names(
    repository: Repository, machine: Machine, by: str, rule: str
) -> None:
    machine.works(1, files={})
    repository.git("switch", "--quiet", "--create", "next")
    repository.commit({"theirs.txt": ""})
    repository.git("switch", "--quiet", "-")
    repository.commit({"mine.txt": ""})

    assert found(machine, after(machine.assignment(3, 2), by, **{rule: "next"})) == {"theirs.txt"}


def test_what_a_run_has_pushed_to_the_branch_of_the_plan_is_there(repository: Repository, machine: Machine) -> None:
    branch = machine.works(1, files={"one.txt": "1"}, rules=DELIVERED).branch
    repository.git("switch", "--quiet", branch)
    repository.commit({"theirs.txt": ""})
    repository.git("switch", "--quiet", "main")

    assert found(machine, after(machine.assignment(3, 2), ACTIONS)) == {"one.txt", "theirs.txt"}


def test_a_quarrel_with_it_is_a_conflict_that_names_both(repository: Repository, machine: Machine) -> None:
    machine.works(1, files={"src/app.py": "ours\n"})
    repository.commit({"src/app.py": "theirs\n"})
    ours, theirs = (assignment := machine.assignment(3, 1, 2)).before

    with (
        pytest.raises(ToolFailed) as failed,
        machine.workspaces.open(replace(assignment, before=(ours, done(theirs, AGENT))), machine.log()),
    ):
        pass

    assert failed.value.type == "merge_conflict"
    assert failed.value.details == {"files": ["src/app.py"], "phases": ["Phase 1", "Phase 2"]}


def test_a_phase_that_adds_nothing_to_it_needs_no_right_to_write(repository: Repository, machine: Machine) -> None:
    machine.works(1, files={}, rules=DELIVERED)
    repository.commit({"theirs.txt": ""})

    ending = machine.run(after(machine.assignment(3, 2, rules=DELIVERED), AGENT), {})

    assert ending.failure is None
    assert repository.refs() == []


# ---------------------------------------------------------------- in a person's own repository


@pytest.fixture
def origin(repository: Repository, tmp_path: Path) -> Repository:
    """Where the repository was cloned from, with somebody at work in it."""
    subprocess.run(["git", "clone", "--quiet", str(repository.folder), str(tmp_path / "origin")], check=True)
    repository.git("remote", "add", "origin", str(tmp_path / "origin"))
    return Repository(tmp_path / "origin")


@pytest.mark.parametrize("by", [ACTIONS, AGENT])
def test_what_came_to_the_remote_is_fetched(origin: Repository, attempts: Attempts, by: str) -> None:
    attempts.works(1, files={"one.txt": "1"})
    origin.commit({"theirs.txt": ""})

    assert found(attempts, after(attempts.assignment(3, 2), by)) == {"theirs.txt"}


def test_what_a_person_has_committed_here_is_there_and_no_remote_is_asked(
    repository: Repository, origin: Repository, attempts: Attempts
) -> None:
    attempts.works(1, files={"one.txt": "1"})
    repository.commit({"by-hand.txt": ""})
    origin.folder.rename(origin.folder.with_name("unreachable"))

    assert found(attempts, after(attempts.assignment(3, 2), MANUAL)) == {"by-hand.txt"}


def test_a_remote_that_cannot_be_reached_is_a_failure_that_says_so(origin: Repository, attempts: Attempts) -> None:
    origin.folder.rename(origin.folder.with_name("unreachable"))

    with pytest.raises(ToolFailed, match="carried out elsewhere cannot be fetched from origin") as failed:
        found(attempts, after(attempts.assignment(3, 2), AGENT))

    assert (failed.value.type, failed.value.retryable) == ("repository_unavailable", True)
