"""What a killed process leaves running is ended by its successor, and nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bot.executors.running_groups import Orphan, ProcessId, RunningGroups, reap
from tests.execution.kit import assignment, operation
from tests.execution.waiting import eventually
from tests.executors.conftest import House

ROOT = Path(__file__).parents[2]


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def innocent() -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own that is nobody's orphan."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        yield process
        process.kill()


def a_dead_process() -> ProcessId:
    with subprocess.Popen(["sleep", "600"]) as process:
        dead = ProcessId.of(process.pid)
        process.kill()
    return dead


def note(folder: Path, owner: ProcessId, group: ProcessId) -> Path:
    """As `RunningGroups` leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "p1-schema-3.json"
    values = {
        "attempt": {"plan": "p1", "phase": "schema", "fence": 3},
        "owner": {"pid": owner.pid, "started": owner.started},
        "groups": [{"pid": group.pid, "started": group.started}],
    }
    path.write_text(json.dumps(values))
    return path


@dataclass
class Doomed:
    """A process that runs an attempt, and the processes of that attempt."""

    process: subprocess.Popen[bytes]
    pids: list[int]

    def die(self) -> None:
        self.process.kill()
        self.process.wait()

    def is_survived(self) -> bool:
        return any(map(is_running, self.pids))


@pytest.fixture
def doomed(house: House) -> Iterator[Doomed]:
    command = [sys.executable, "-m", "tests.executors.doomed", str(house.workspace), str(house.log_dir)]
    doomed = Doomed(subprocess.Popen(command, cwd=ROOT), [])
    try:
        eventually(lambda: len(list(house.workspace.glob("*.pid"))) == 3)
        doomed.pids = [int(path.read_text()) for path in house.workspace.glob("*.pid")]
        yield doomed
    finally:
        doomed.die()
        house.executor().reap_orphans()


@pytest.mark.parametrize("first_is_gone", [False, True])
def test_a_successor_ends_what_a_killed_process_left_running(house: House, doomed: Doomed, first_is_gone: bool) -> None:
    doomed.die()
    assert all(map(is_running, doomed.pids))
    if first_is_gone:
        first = int((house.workspace / "first.pid").read_text())
        os.kill(first, 9)
        eventually(lambda: not is_running(first))

    orphans = house.executor().reap_orphans()

    assert orphans == [Orphan("p1", "schema", 3)]
    eventually(lambda: not doomed.is_survived())
    assert house.executor().reap_orphans() == []
    assert list(house.log_dir.rglob("*.json")) == []


def test_what_a_living_process_runs_is_left_alone(house: House, doomed: Doomed) -> None:
    assert house.executor().reap_orphans() == []

    assert all(map(is_running, doomed.pids))


def test_a_process_that_got_the_id_of_a_dead_one_is_never_killed(
    tmp_path: Path, innocent: subprocess.Popen[bytes]
) -> None:
    known = ProcessId.of(innocent.pid)
    path = note(tmp_path, a_dead_process(), ProcessId(known.pid, known.started - 3600))

    assert reap(tmp_path) == [Orphan("p1", "schema", 3)]

    assert is_running(innocent.pid)
    assert not path.exists()


def test_an_owner_whose_id_somebody_else_got_is_dead(tmp_path: Path, innocent: subprocess.Popen[bytes]) -> None:
    other = ProcessId.of(innocent.pid)
    note(tmp_path, ProcessId(other.pid, other.started - 3600), a_dead_process())

    assert reap(tmp_path) == [Orphan("p1", "schema", 3)]
    assert is_running(innocent.pid)


@pytest.mark.parametrize("torn", ["", "{", '{"owner": 1}', "[]"])
def test_a_note_that_cannot_be_read_is_thrown_away(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "p1-schema-3.json"
    path.write_text(torn)

    assert reap(tmp_path) == []
    assert not path.exists()


def test_a_note_is_there_only_while_a_group_runs(tmp_path: Path, innocent: subprocess.Popen[bytes]) -> None:
    groups = RunningGroups(tmp_path / "running", Orphan("p1", "schema", 3), ProcessId.of(os.getpid()))
    assert list(tmp_path.iterdir()) == []

    with groups.watch() as started:
        assert [path.name for path in tmp_path.rglob("*.json")] == ["p1-schema-3.json"]
        started(innocent.pid)
        assert reap(tmp_path / "running") == []  # we are alive
        assert [path.name for path in tmp_path.rglob("*.json")] == ["p1-schema-3.json"]

    assert list(tmp_path.rglob("*.json")) == []


def test_one_killed_between_the_start_of_a_group_and_its_note_is_still_reaped(tmp_path: Path) -> None:
    owner = a_dead_process()
    environ = {
        "PHASEBOT_HOLDER": owner.name,
        "PHASEBOT_PLAN": "p1",
        "PHASEBOT_PHASE": "schema",
        "PHASEBOT_FENCE": "3",
        "PATH": os.environ["PATH"],
    }
    path = note(tmp_path, owner, owner)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"groups": []}))
    with subprocess.Popen(["sleep", "600"], env=environ, start_new_session=True) as process:
        eventually(lambda: "PHASEBOT_FENCE" in psutil.Process(process.pid).environ())  # it takes the kernel a moment

        orphans = reap(tmp_path)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        ended_as = process.poll()
        process.kill()

    assert (orphans, ended_as) == ([Orphan("p1", "schema", 3)], -9)


def test_the_note_is_gone_when_the_attempt_is_over(house: House) -> None:
    house.executor().dispatch(assignment(operation("command", run="true")))
    house.told.end()

    assert list(house.log_dir.rglob("*.json")) == []
