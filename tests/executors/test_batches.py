"""Batches, secrets and results in attempts of the local executor, with real processes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from services.domain.attempts import Outcome
from services.domain.messages import AttemptFinished
from services.domain.rules import Foreach, Operation
from services.execution.operations import BETWEEN_FILES
from services.ports import Assignment
from tests.execution.kit import assignment, operation
from tests.execution.waiting import eventually
from tests.executors.conftest import OUR_SECRET, House


def under(given: Assignment, **rules: Any) -> Assignment:
    return replace(given, phase=replace(given.phase, rules=replace(given.phase.rules, **rules)))


def each(script: str, workers: int | None = None, glob: str = "*.txt") -> Operation:
    return replace(operation("command", run=script, shell=True), foreach=Foreach(glob, workers))


def files(house: House, *names: str) -> None:
    for name in names:
        (house.workspace / name).write_text(name)


def end_of(house: House, given: Assignment) -> AttemptFinished:
    house.executor().dispatch(given)
    return house.told.end()


def test_files_are_worked_on_at_once_each_with_its_own_variables(house: House) -> None:
    names = [f"{n}.txt" for n in range(4)]
    files(house, *names)
    # nobody goes on before all four are there
    script = (
        'touch "$PHASEBOT_STEM.here"; while [ $(ls *.here | wc -l) -lt 4 ]; do sleep 0.01; done; echo $PHASEBOT_FILE'
    )

    end = end_of(house, assignment(each(script), timeout=20))

    assert end.outcome is Outcome.PASSED
    assert end.result is not None
    assert end.result.batch is not None
    assert end.result.batch.done == 4
    log = next(house.log_dir.rglob("*.log")).read_text()
    assert sorted(line for line in log.splitlines() if line in names) == names


def test_a_name_with_anything_in_it_stays_one_argument(house: House) -> None:
    odd = "a; touch hacked $(id) 'b\".txt"
    files(house, odd, "-rf.txt")
    step = replace(operation("command", run=["cp", "{file}", "{stem}.copy"]), foreach=Foreach("*.txt"))

    end = end_of(house, assignment(step))

    assert end.outcome is Outcome.BROKE or (house.workspace / odd.replace(".txt", ".copy")).exists()
    assert not (house.workspace / "hacked").exists()


def test_stopping_the_attempt_ends_every_file_and_leaves_no_process(house: House) -> None:
    files(house, *(f"{n}.txt" for n in range(4)))
    executor = house.executor()
    executor.dispatch(assignment(each("echo $$ > $PHASEBOT_STEM.pid; exec sleep 600"), fence=3))
    eventually(lambda: len([path for path in house.workspace.glob("*.pid") if path.read_text().strip()]) == 4)
    pids = [int(path.read_text()) for path in house.workspace.glob("*.pid")]
    [note] = (house.log_dir / "running").glob("*.json")
    eventually(lambda: sorted(group["pid"] for group in json.loads(note.read_text())["groups"]) == sorted(pids))

    executor.stop("p1", "schema", 3)

    assert house.told.end().outcome is Outcome.CANCELLED
    assert not any(map(psutil.pid_exists, pids))
    assert not note.exists()


def test_draining_finishes_the_files_under_way_and_the_rest_is_for_another_time(house: House) -> None:
    files(house, *(f"{n}.txt" for n in range(9)))
    executor = house.executor()
    script = 'touch "$PHASEBOT_STEM.here"; while [ ! -e go ]; do sleep 0.01; done; touch "$PHASEBOT_STEM.done"'
    executor.dispatch(assignment(each(script, workers=2), timeout=20))
    eventually(lambda: len(list(house.workspace.glob("*.here"))) == 2)

    executor.drain(timeout=0)
    (house.workspace / "go").touch()

    end = house.told.end()
    assert end.outcome is Outcome.LOST, "it is run again, by the next process"
    assert end.failure is not None
    assert end.failure.details == {BETWEEN_FILES: True}
    assert end.result is not None
    assert end.result.batch is not None
    assert (end.result.batch.done, end.result.batch.cancelled) == (2, 7)
    assert len(list(house.workspace.glob("*.done"))) == 2


def test_a_secret_reaches_the_command_and_nothing_else(house: House) -> None:
    step = operation("command", run='echo "$API_KEY" | tee key; echo "$MODE"', shell=True)
    end = end_of(house, under(assignment(step), secrets=("API_KEY",), environment={"MODE": "fast"}))

    assert end.outcome is Outcome.PASSED
    assert (house.workspace / "key").read_text() == f"{OUR_SECRET}\n"
    assert next(house.log_dir.rglob("*.log")).read_text() == "[redacted]\nfast\n"


def test_a_secret_that_nobody_gave_is_named_and_not_tried_again(house: House) -> None:
    end = end_of(house, under(assignment(operation("command", run="touch x")), secrets=("NPM_TOKEN",)))

    assert end.failure is not None
    assert (end.failure.type, end.failure.retryable) == ("secret_missing", False)
    assert "PHASEBOT_SECRET_NPM_TOKEN" in end.failure.message
    assert list(house.workspace.iterdir()) == []


def test_what_a_command_says_of_itself_is_reported(house: House) -> None:
    step = operation("command", run="""echo '{"modified": false, "cost": 0.5}' > "$PHASEBOT_RESULT" """, shell=True)

    end = end_of(house, assignment(step, step))

    assert end.result is not None
    assert (end.result.modified, end.result.cost) == (False, 1.0)


def test_a_failure_is_undone_by_real_commands(house: House) -> None:
    made = replace(operation("command", run="touch made"), rollback=(operation("command", run="rm made"),))

    end = end_of(house, assignment(made, operation("command", run="false")))

    assert end.failure is not None
    assert end.failure.details["rolled_back"] is True
    assert not Path(house.workspace, "made").exists()
