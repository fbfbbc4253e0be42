"""A process is killed in the middle of a phase: its successor finds nothing of it, and does the work anew."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bot.executors.local import LocalExecutor, Premises
from bot.holder import holder_of_this_process
from bot.tools import builtin_registry
from bot.workspaces.choosing import FolderWorkspaces, Manner
from services.domain.attempts import Outcome
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import KeptFailures, StandingClock, assignment, operation
from tests.execution.waiting import eventually
from tests.executors.conftest import Told
from tests.workspaces.conftest import USER, Attempts, Repository

ROOT = Path(__file__).parents[2]


def killed_in_the_middle(repository: Repository, home: Path) -> None:
    command = [sys.executable, "-m", "tests.workspaces.doomed", str(repository.folder), str(home)]
    home.mkdir(exist_ok=True)
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            eventually((home / "began").exists)
        finally:
            process.kill()


def successor(repository: Repository, home: Path, told: Told) -> LocalExecutor:
    workspaces = FolderWorkspaces(repository.folder, Manner(home=home, holder=holder_of_this_process()))
    premises = Premises(workspaces=workspaces, log_dir=home / "attempts")
    runner = ToolRunner(builtin_registry(USER), StandingClock(), KeptFailures())
    return LocalExecutor(runner, told, StandingClock(), premises)


def test_the_next_start_rolls_back_what_was_half_done(repository: Repository, tmp_path: Path) -> None:
    home, told = tmp_path / "home", Told()
    status = repository.git("status", "--porcelain")
    killed_in_the_middle(repository, home)
    assert repository.worktrees() == 2, "it was killed too early"
    lock = repository.folder / ".git/refs/phasebot/p1/2.lock"
    lock.write_text("")  # as a git that was killed with it would leave

    with successor(repository, home, told) as executor:
        executor.reap_orphans()
        assert (repository.worktrees(), list((home / "worktrees").glob("p1*"))) == (1, [])
        assert repository.refs() == ["refs/phasebot/p1/base"]
        assert not lock.exists()

        again = operation("command", run="test ! -e half.txt && echo whole > whole.txt", shell=True)
        executor.dispatch(assignment(again, fence=4))
        end = told.end()

    assert end.outcome is Outcome.PASSED, end.failure
    assert repository.files("refs/phasebot/p1/2") == ["README.md", "src/app.py", "whole.txt"]
    assert repository.show("refs/phasebot/p1/2", "README.md") == "# Shop"
    assert repository.git("status", "--porcelain") == status
    repository.git("fsck", "--strict")


def test_the_worktrees_of_the_living_are_left_alone(repository: Repository, attempts: Attempts) -> None:
    with attempts.open(attempts.assignment(1)) as workspace:
        attempts.made().clean_up()

        assert Path(workspace.folder, "README.md").exists()


def test_a_worktree_that_was_never_finished_is_removed(repository: Repository, attempts: Attempts) -> None:
    attempts.works(1, files={"1.txt": ""})
    with subprocess.Popen(["sleep", "600"]) as process:
        dead = f"{holder_of_this_process().partition('/')[0]}/{process.pid}/{psutil.Process(process.pid).create_time():.2f}"
        process.kill()
    note = {"holder": dead, "repository": str(repository.folder / ".git"), "size": 1}
    place = attempts.home / "worktrees" / "p1-9-1"
    place.mkdir()
    (place / "half").write_text("")
    place.with_name("p1-9-1.json").write_text(json.dumps(note))

    attempts.made().clean_up()

    assert not place.exists()
    assert not place.with_name("p1-9-1.json").exists()


def test_where_git_has_gone_the_start_goes_on(
    repository: Repository, attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = f"{holder_of_this_process().partition('/')[0]}/1/0.00"
    place = attempts.home / "worktrees" / "p1-9-1"
    place.mkdir(parents=True)
    note = place.with_name("p1-9-1.json")
    note.write_text(json.dumps({"holder": dead, "repository": str(repository.folder / ".git"), "size": 1}))
    monkeypatch.setenv("PATH", "/nowhere")

    attempts.made().clean_up()

    assert note.exists(), "it is kept for a start that finds git"


def test_a_repository_that_is_gone_is_no_obstacle(attempts: Attempts, tmp_path: Path) -> None:
    place = attempts.home / "worktrees" / "p1-9-1"
    place.mkdir(parents=True)
    note = {
        "holder": f"{holder_of_this_process().partition('/')[0]}/1/0.00",
        "repository": str(tmp_path / "gone"),
        "size": 1,
    }
    place.with_name("p1-9-1.json").write_text(json.dumps(note))

    attempts.made().clean_up()

    assert not place.exists()
