"""A machine that has only the address of a project's repository works in a clone of it, and brings results back there."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.executors.attempt_log import AttemptLog
from bot.holder import holder_of_this_process
from bot.workspaces.cache import RepositoryCache
from bot.workspaces.choosing import FolderWorkspaces, Manner, NoFolder, ProjectWorkspaces
from bot.workspaces.git import Git
from bot.workspaces.origins import Origin
from bot.workspaces.places import MEGABYTE
from services.domain.attempts import Changes
from services.domain.failure import Failure
from services.domain.rules import Deliver, Isolation, Rules
from services.execution.operations import Ending
from services.execution.redaction import Redactor
from services.execution.tool import ToolFailed
from services.ports import Assignment
from tests.workspaces.conftest import DONE, Attempts, Repository, write

PROJECT = "ada/shop"
QUIET = Rules(executor="local", deliver=Deliver.NONE)


class Machine:
    """One, with a cache of its own; its folder is no repository."""

    def __init__(self, home: Path, attempts: Attempts, origin: Path, *, megabytes: int = 1000) -> None:
        self.home = home
        self.attempts = attempts
        self.origin = Origin(PROJECT, str(origin))
        self.cache = RepositoryCache(home / "repositories", megabytes * MEGABYTE)
        manner = Manner(home=home, holder=holder_of_this_process())
        (home / "folder").mkdir(parents=True, exist_ok=True)
        place = FolderWorkspaces(home / "folder", manner)
        self.workspaces = ProjectWorkspaces(place, lambda _: self.origin, self.cache)

    @property
    def clone(self) -> Path:
        return self.cache.place(self.origin)

    def assignment(self, serial: int, *before: int, rules: Rules | None = None) -> Assignment:
        return replace(self.attempts.assignment(serial, *before, rules=rules), project=PROJECT)

    def run(self, assignment: Assignment, files: Mapping[str, str]) -> Ending:
        log = self.log()
        with self.workspaces.open(assignment, log) as workspace:
            write(Path(workspace.folder), files)
            ending = workspace.settle(DONE)
        log.close()
        return ending

    def log(self) -> AttemptLog:
        return AttemptLog(self.home / "attempt.log", Redactor())

    def works(self, serial: int, *before: int, files: Mapping[str, str], rules: Rules | None = None) -> Changes:
        ending = self.run(self.assignment(serial, *before, rules=rules), files)
        assert ending.failure is None, ending.failure
        assert ending.result is not None
        assert ending.result.changes is not None
        return ending.result.changes


@pytest.fixture
def machine(repository: Repository, attempts: Attempts, tmp_path: Path) -> Machine:
    return Machine(tmp_path / "one", attempts, repository.folder)


@pytest.fixture
def other(repository: Repository, attempts: Attempts, tmp_path: Path) -> Machine:
    return Machine(tmp_path / "other", attempts, repository.folder)


# ---------------------------------------------------------------- one plan, several machines


def test_a_phase_works_in_a_clone_of_its_project_and_its_result_is_pushed(
    repository: Repository, machine: Machine
) -> None:
    head = repository.git("rev-parse", "HEAD")

    changes = machine.works(1, files={"one.txt": "1"})

    assert repository.git("rev-parse", "refs/phasebot/p1/base") == head
    assert repository.show("refs/phasebot/p1/1", "one.txt") == "1"
    assert repository.show(changes.branch, "one.txt") == "1"
    assert changes.note == f"pushed to {repository.folder}"
    assert list((machine.home / "folder").iterdir()) == []
    assert list((machine.home / "worktrees").glob("p1*")) == []


def test_a_phase_begins_with_what_another_machine_has_brought(machine: Machine, other: Machine) -> None:
    machine.works(1, files={"one.txt": "1"})
    other.works(2, files={"two.txt": "2"})

    log = machine.log()
    with machine.workspaces.open(machine.assignment(3, 1, 2), log) as workspace:
        found = {path.name for path in Path(workspace.folder).glob("*.txt")}

    assert found == {"one.txt", "two.txt"}


def test_machines_deliver_to_one_branch(repository: Repository, machine: Machine, other: Machine) -> None:
    branch = machine.works(1, files={"one.txt": "1"}).branch
    second = other.works(2, files={"two.txt": "2"})
    assert (second.branch, second.head) == (branch, repository.git("rev-parse", branch))
    assert second.head != second.commit, "it is judged together with what was there"
    machine.works(3, 1, 2, files={"three.txt": "3"})

    assert repository.files(branch) == ["README.md", "one.txt", "src/app.py", "three.txt", "two.txt"]


def test_all_phases_begin_where_the_plan_began(repository: Repository, machine: Machine, other: Machine) -> None:
    machine.works(1, files={"one.txt": "1"})
    repository.commit({"later.txt": "pushed by somebody while the plan runs"})

    other.works(2, files={"two.txt": "2"})

    assert repository.files("refs/phasebot/p1/2") == ["README.md", "src/app.py", "two.txt"]


def test_a_plan_begins_with_the_newest_commit_of_the_default_branch(repository: Repository, machine: Machine) -> None:
    machine.works(1, files={}, rules=QUIET)
    repository.commit({"newer.txt": ""})
    assignment = replace(machine.assignment(1), plan="p2")

    assert machine.run(assignment, {"two.txt": ""}).failure is None

    assert "newer.txt" in repository.files("refs/phasebot/p2/1")


def test_who_brings_a_result_to_a_plan_that_has_gone_on_does_the_work_again(
    repository: Repository, machine: Machine, other: Machine
) -> None:
    slow = machine.assignment(1, rules=QUIET)
    log = machine.log()
    with machine.workspaces.open(slow, log) as workspace:
        other.works(1, files={"quick.txt": ""}, rules=QUIET)
        write(Path(workspace.folder), {"slow.txt": ""})
        ending = workspace.settle(DONE)

    assert ending.failure is not None
    assert (ending.failure.type, ending.failure.retryable) == ("interrupted", True)
    assert repository.files("refs/phasebot/p1/1") == ["README.md", "quick.txt", "src/app.py"]


def test_phases_that_change_nothing_need_no_right_to_write(
    repository: Repository, machine: Machine, tmp_path: Path
) -> None:
    refuse = repository.folder / ".git/hooks/pre-receive"
    refuse.write_text("#!/bin/sh\necho 'no writing here' >&2\nexit 1\n")
    refuse.chmod(0o755)

    assert machine.works(1, files={}).files == 0
    ending = machine.run(machine.assignment(2), {"two.txt": "2"})

    assert ending.failure is not None
    assert (ending.failure.type, ending.failure.retryable) == ("push_failed", True)
    assert "no writing here" in ending.failure.message
    refuse.unlink()
    assert machine.works(2, files={"two.txt": "2"}).files == 1


def test_processes_that_share_a_cache_do_not_get_in_each_others_way(
    repository: Repository, attempts: Attempts, tmp_path: Path
) -> None:
    spawn = multiprocessing.get_context("fork")
    children = [spawn.Process(target=_work, args=(attempts, tmp_path / "shared", repository, n)) for n in range(1, 7)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)

    assert [child.exitcode for child in children] == [0] * 6
    assert repository.files("phasebot/shop-p1") == sorted(
        ["README.md", "src/app.py", *(f"{n}.txt" for n in range(1, 7))]
    )
    repository.git("fsck", "--strict")


def _work(attempts: Attempts, home: Path, repository: Repository, serial: int) -> None:
    Machine(home, attempts, repository.folder).works(serial, files={f"{serial}.txt": ""})


# ---------------------------------------------------------------- what can happen to a clone


def test_a_clone_with_objects_that_cannot_be_read_is_made_again(repository: Repository, machine: Machine) -> None:
    machine.works(1, files={"one.txt": "1"}, rules=QUIET)
    for kind in ("objects/??/*", "objects/pack/*"):
        for path in machine.clone.glob(kind):
            path.chmod(0o644)
            path.write_bytes(b"torn")

    machine.works(2, 1, files={"two.txt": "2"}, rules=QUIET)

    assert {"one.txt", "two.txt"} < set(repository.files("refs/phasebot/p1/2"))


def test_a_clone_that_is_half_gone_is_made_again(machine: Machine) -> None:
    machine.works(1, files={"one.txt": "1"}, rules=QUIET)
    (machine.clone / "HEAD").write_text("")

    assert machine.works(2, 1, files={"two.txt": "2"}, rules=QUIET).files == 1


def test_locks_of_a_git_that_was_killed_are_no_obstacle(machine: Machine) -> None:
    machine.works(1, files={"one.txt": "1"}, rules=QUIET)
    for name in ("packed-refs.lock", "refs/upstream/HEAD.lock"):
        (machine.clone / name).parent.mkdir(parents=True, exist_ok=True)
        (machine.clone / name).touch()

    assert machine.works(2, files={"two.txt": "2"}, rules=QUIET).files == 1


def test_a_repository_that_cannot_be_reached_is_a_failure_that_says_so(machine: Machine, tmp_path: Path) -> None:
    machine.origin = Origin(PROJECT, str(tmp_path / "nowhere"))

    with pytest.raises(ToolFailed) as caught:
        machine.run(machine.assignment(1), {})

    assert (caught.value.type, caught.value.retryable) == ("repository_unavailable", True)
    assert f"ada/shop cannot be fetched from {tmp_path / 'nowhere'}: fatal: " in caught.value.message


def test_the_clone_that_was_not_used_for_longest_makes_room(
    repository: Repository, attempts: Attempts, tmp_path: Path
) -> None:
    machine = Machine(tmp_path / "one", attempts, repository.folder, megabytes=3)
    repository.commit({"big.bin": _noise(4 * MEGABYTE)})
    for name in ("ada/old", "ada/new"):
        machine.origin = Origin(name, str(repository.folder))
        machine.works(1, files={}, rules=QUIET)

    assert [path.name for path in machine.cache.folder.glob("*/*.git")] == ["new.git"]


def test_a_repository_that_is_bigger_than_all_room_is_not_kept(
    repository: Repository, attempts: Attempts, tmp_path: Path
) -> None:
    machine = Machine(tmp_path / "one", attempts, repository.folder, megabytes=1)
    repository.commit({"big.bin": _noise(4 * MEGABYTE)})

    with pytest.raises(ToolFailed, match="PHASEBOT_REPOSITORIES_MB"):
        machine.run(machine.assignment(1), {})

    assert not machine.clone.exists()


def _noise(size: int) -> str:
    """What git can make no smaller than half."""
    import random

    return random.Random(1).randbytes(size // 2).hex()


def test_there_is_no_folder_to_work_in_place(machine: Machine) -> None:
    rules = Rules(executor="local", isolation=Isolation.IN_PLACE)

    with pytest.raises(NoFolder, match="--workspace FOLDER"):
        machine.run(machine.assignment(1, rules=rules), {})


def test_a_failure_leaves_nothing_anywhere(repository: Repository, machine: Machine) -> None:
    assignment = machine.assignment(1)
    log = machine.log()
    with machine.workspaces.open(assignment, log) as workspace:
        write(Path(workspace.folder), {"half.txt": ""})
        workspace.settle(Ending(Failure("command_failed", "no"), None))

    assert repository.refs() == []
    assert Git(machine.clone).ask("worktree", "list", "--porcelain").count("worktree ") == 1
