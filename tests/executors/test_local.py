"""The local executor: attempts in, reports out."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.executors.attempt_log import log_path
from services.domain.attempts import Outcome
from services.domain.errors import TransientError
from services.domain.messages import AttemptFinished, Report
from tests.execution.kit import NOW, assignment, operation
from tests.execution.waiting import eventually
from tests.executors.conftest import OUR_SECRET, House

NOOP = operation("noop")
FOREVER = operation("command", run="sleep 600")


def test_a_phase_whose_operations_all_succeed_has_passed(house: House) -> None:
    house.executor().dispatch(assignment(operation("command", run="touch one"), NOOP, fence=7))

    end = house.told.end()

    assert end == AttemptFinished(
        plan="p1", phase="schema", fence=7, cause="p1/schema/7/finished", outcome=Outcome.PASSED
    )
    assert (house.workspace / "one").exists()


def test_the_first_failing_operation_ends_the_attempt(house: House) -> None:
    steps = [
        operation("command", run="touch one"),
        operation("command", run="false"),
        operation("command", run="touch two"),
    ]

    house.executor().dispatch(assignment(*steps))

    end = house.told.end()
    assert end.outcome is Outcome.BROKE
    assert end.failure is not None
    assert (end.failure.type, end.failure.tool, end.failure.retryable) == ("command_failed", "command", True)
    assert [path.name for path in house.workspace.iterdir()] == ["one"]


def test_the_output_is_kept_without_secrets(house: House) -> None:
    script = f"echo {OUR_SECRET}; printf {OUR_SECRET[:9]}; printf {OUR_SECRET[9:]}; echo; echo ready; exit 2"
    house.executor().dispatch(assignment(operation("command", run=script, shell=True), fence=3))

    end = house.told.end()

    kept = log_path(house.log_dir, "p1", "schema", 3)
    assert kept.read_text() == "[redacted]\n[redacted]\nready\n"
    assert end.failure is not None
    assert end.failure.details["log"] == str(kept)
    assert end.failure.details["output_tail"] == kept.read_text()
    assert OUR_SECRET not in repr(end)


def test_a_phase_without_output_leaves_no_files(house: House) -> None:
    house.executor().dispatch(assignment(NOOP))
    house.told.end()

    assert not house.log_dir.exists()


def test_a_command_knows_its_attempt(house: House) -> None:
    says = operation(
        "command",
        run=[
            sys.executable,
            "-c",
            "import os,sys; print(sys.argv[1], os.environ['PHASEBOT_FENCE'])",
            "{plan}/{phase}/{number}/{title}/{attempt}",
        ],
    )
    house.executor().dispatch(assignment(says, fence=4, title="Schema & seed"))
    house.told.end()

    assert log_path(house.log_dir, "p1", "schema", 4).read_text() == "Shop/schema/2/Schema & seed/1 4\n"


def test_the_same_fence_dispatched_twice_runs_once(house: House) -> None:
    executor = house.executor(workers=1)
    once = assignment(operation("command", run="echo x >> runs", shell=True), fence=1)
    executor.dispatch(once)
    executor.dispatch(once)
    house.told.end()
    executor.dispatch(once)

    assert executor.drain(timeout=20)

    assert (house.workspace / "runs").read_text() == "x\n"
    assert len(house.told.reports) == 1


def test_an_attempt_past_its_timeout_has_timed_out(house: House) -> None:
    house.executor().dispatch(assignment(FOREVER, timeout=0.05))

    end = house.told.end()

    assert end.outcome is Outcome.TIMED_OUT
    assert end.failure is not None
    assert (end.failure.type, end.failure.retryable) == ("timed_out", True)


def test_the_timeout_covers_the_attempt_not_each_operation(house: House) -> None:
    flag = house.workspace / "second"
    steps = [operation("command", run="true"), operation("command", run=f"touch {flag}; sleep 600", shell=True)]

    house.executor().dispatch(assignment(*steps, timeout=0.5))

    assert house.told.end().outcome is Outcome.TIMED_OUT


def test_an_attempt_that_is_stopped_reports_that_it_was_cancelled(house: House) -> None:
    executor = house.executor()
    executor.dispatch(assignment(operation("command", run="touch started; sleep 600", shell=True), NOOP))
    eventually((house.workspace / "started").exists)

    executor.stop("p1", "schema", 1)

    end = house.told.end()
    assert (end.outcome, end.cause) == (Outcome.CANCELLED, "p1/schema/1/finished")
    assert end.failure is not None
    assert (end.failure.type, end.failure.retryable, end.failure.timestamp) == ("cancelled", False, NOW.isoformat())
    assert house.registry.snapshot()["noop"].metrics.success_count == 0


def test_an_attempt_still_in_the_queue_is_stopped_at_once(house: House) -> None:
    executor = house.executor(workers=1)
    executor.dispatch(assignment(FOREVER, key="long"))
    executor.dispatch(assignment(operation("command", run="touch never"), key="next"))

    executor.stop("p1", "next", 1)

    assert [(end.phase, end.outcome) for end in house.told.ends()] == [("next", Outcome.CANCELLED)]
    assert executor.kill()
    assert [end.phase for end in house.told.ends(2)] == ["next", "long"]
    assert not (house.workspace / "never").exists()


def test_stopping_what_is_not_there_confirms_its_end_and_keeps_it_from_beginning(house: House) -> None:
    executor = house.executor()

    executor.stop("p1", "schema", 5)
    executor.dispatch(assignment(operation("command", run="touch never"), fence=5))  # overtaken by the stop
    executor.drain()

    assert [(end.fence, end.outcome) for end in house.told.ends()] == [(5, Outcome.CANCELLED)]
    assert not (house.workspace / "never").exists()


def test_no_more_attempts_run_at_once_than_there_are_workers(house: House) -> None:
    executor = house.executor(workers=2)
    go = house.workspace / "go"
    for number in range(5):
        step = operation(
            "command",
            run=f"touch on{number}; until [ -e go ]; do sleep 0.01; done; rm on{number}; ls -d on* | wc -l >> seen; true",
            shell=True,
        )
        executor.dispatch(assignment(step, key=f"phase{number}"))
    eventually(lambda: len(list(house.workspace.glob("on*"))) == 2)
    assert len(list(house.workspace.glob("on*"))) == 2

    go.touch()

    assert [end.failure for end in house.told.ends(5)] == [None] * 5
    assert max(map(int, (house.workspace / "seen").read_text().split())) <= 2


def test_draining_finishes_what_runs_and_hands_back_what_has_not_begun(house: House) -> None:
    executor = house.executor(workers=1)
    go = house.workspace / "go"
    executor.dispatch(
        assignment(operation("command", run="touch on; until [ -e go ]; do sleep 0.01; done", shell=True), key="runs")
    )
    executor.dispatch(assignment(NOOP, key="waits"))
    eventually((house.workspace / "on").exists)

    assert not executor.drain(timeout=0.01)
    with pytest.raises(TransientError):
        executor.dispatch(assignment(NOOP, key="late"))
    go.touch()
    assert executor.drain(timeout=20)

    assert [(end.phase, end.outcome) for end in house.told.ends(2)] == [
        ("waits", Outcome.LOST),
        ("runs", Outcome.PASSED),
    ]


def test_killing_interrupts_everything_without_blaming_the_phases(house: House) -> None:
    executor = house.executor()
    for key in ("a", "b", "c"):
        executor.dispatch(assignment(FOREVER, key=key))

    assert executor.kill()

    ends = house.told.ends(3)
    assert {end.outcome for end in ends} == {Outcome.LOST}
    assert {end.failure.type for end in ends if end.failure} == {"interrupted"}
    assert list(house.log_dir.rglob("*.json")) == []


def test_a_long_attempt_renews_its_lease(house: House) -> None:
    executor = house.executor(workers=1, lease=0.15)
    executor.dispatch(assignment(FOREVER, key="runs", fence=8))
    executor.dispatch(assignment(NOOP, key="waits", fence=9))

    renewals = house.told.renewals(6)
    executor.kill()

    assert {(renewal.phase, renewal.fence) for renewal in renewals} == {("runs", 8), ("waits", 9)}
    assert len({renewal.cause for renewal in renewals}) == len(renewals)


def test_an_attempt_that_cannot_renew_its_lease_ends_itself(house: House) -> None:
    def cut_off(report: Report) -> None:
        if not isinstance(report, AttemptFinished):
            raise TransientError("nobody listens")
        house.told(report)

    executor = house.executor(lease=0.15, workers=1, reports=cut_off)
    executor.dispatch(assignment(FOREVER, key="runs"))
    executor.dispatch(assignment(FOREVER, key="waits"))

    ends = house.told.ends(2)
    assert {end.phase: end.outcome for end in ends} == {"runs": Outcome.LOST, "waits": Outcome.LOST}


def test_an_attempt_whose_lease_ran_out_in_the_queue_does_not_begin(house: House) -> None:
    stuck = threading.Event()

    def slow(report: Report) -> None:
        if isinstance(report, AttemptFinished):
            house.told(report)
        else:
            stuck.wait(timeout=20)

    executor = house.executor(lease=0.15, workers=1, reports=slow)
    executor.dispatch(assignment(operation("command", run="sleep 0.5"), key="runs"))
    executor.dispatch(assignment(operation("command", run="touch never"), key="waits"))

    ends = house.told.ends(2)
    stuck.set()
    assert [(end.phase, end.outcome) for end in ends] == [("runs", Outcome.PASSED), ("waits", Outcome.LOST)]
    assert not (house.workspace / "never").exists()


def test_a_worker_survives_reports_that_fail(house: House) -> None:
    refused = threading.Event()

    def refuse_once(report: Report) -> None:
        if not refused.is_set():
            refused.set()
            raise TransientError("nobody listens")
        house.told(report)

    executor = house.executor(workers=1, reports=refuse_once)
    executor.dispatch(assignment(NOOP, key="first"))
    executor.dispatch(assignment(NOOP, key="second"))

    assert house.told.end().phase == "second"
    assert executor.drain(timeout=20)


def test_an_unknown_tool_breaks_the_attempt_for_good(house: House) -> None:
    house.executor().dispatch(assignment(operation("comand", run="true")))

    end = house.told.end()
    assert end.outcome is Outcome.BROKE
    assert end.failure is not None
    assert (end.failure.type, end.failure.retryable) == ("unknown_tool", False)


def test_output_that_cannot_be_kept_breaks_the_attempt(house: House) -> None:
    house.log_dir.write_text("not a folder")

    house.executor().dispatch(assignment(operation("command", run="echo hello")))

    end = house.told.end()
    assert end.outcome is Outcome.BROKE
    assert end.failure is not None
    assert end.failure.type == "os_error"


def test_an_attempt_that_says_nothing_for_too_long_is_stopped_as_stalled(house: House) -> None:
    quiet = assignment(operation("command", run="echo begun; sleep 60", shell=True))
    rules = replace(quiet.phase.rules, stalled_after=timedelta(seconds=0.5))
    executor = house.executor(lease=1.5)

    executor.dispatch(replace(quiet, phase=replace(quiet.phase, rules=rules)))

    end = house.told.end()
    assert end.failure is not None
    assert (end.outcome, end.failure.type, end.failure.retryable) == (Outcome.BROKE, "stalled", True)
