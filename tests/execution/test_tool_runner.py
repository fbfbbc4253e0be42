"""ToolRunner: every run is checked, wrapped and counted."""

from __future__ import annotations

import errno
import json
from dataclasses import asdict
from typing import Any, cast

import pytest
from pydantic import BaseModel, ConfigDict

from services.domain.errors import TransientError, UserError
from services.domain.failure import Failure
from services.execution.cancellation import Cancellation, Stop
from services.execution.redaction import Redactor
from services.execution.registry import Registry
from services.execution.tool import Context, ToolFailed
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import NOW, KeptFailures, StandingClock, context


class Addition(BaseModel):
    model_config = ConfigDict(extra="forbid")

    left: int
    right: int


class Total(BaseModel):
    total: int


NOT_A_TOTAL = Total.model_construct(total=cast("int", "five"))


class Adder:
    """A tool that adds, unless it is told to raise or to return something."""

    name = "adder"
    input_model: type[BaseModel] = Addition
    output_model: type[BaseModel] = Total

    def __init__(self, error: BaseException | None = None, output: Any = None) -> None:
        self.error = error
        self.output = output
        self.runs = 0

    def run(self, given: Addition, context: Context) -> Any:
        self.runs += 1
        if self.error is not None:
            raise self.error
        return self.output if self.output is not None else Total(total=given.left + given.right)


class Bench:
    """A runner with one tool, and a clock that gives each run a quarter of a second."""

    def __init__(self, tool: Adder, secrets: tuple[str, ...] = ()) -> None:
        ticks = iter(range(1000))
        self.registry = Registry([tool])
        self.log = KeptFailures()
        self.runner = ToolRunner(
            self.registry, StandingClock(), self.log, redactor=Redactor(secrets), seconds=lambda: next(ticks) / 4
        )

    def run(self, name: str = "adder", at: Context | None = None, **arguments: Any) -> BaseModel | Failure:
        return self.runner.run(name, arguments or {"left": 2, "right": 3}, at or context())

    def fails(self, name: str = "adder", at: Context | None = None, **arguments: Any) -> Failure:
        failure = self.run(name, at, **arguments)
        assert isinstance(failure, Failure)
        return failure

    @property
    def counts(self) -> tuple[int, int]:
        metrics = self.registry.snapshot()["adder"].metrics
        return metrics.success_count, metrics.error_count


def test_a_valid_run_gives_the_tools_output_and_counts_as_a_success() -> None:
    bench = Bench(Adder())

    assert bench.run() == Total(total=5)

    assert bench.counts == (1, 0)
    assert bench.log.seen == []


def test_arguments_that_do_not_fit_never_reach_the_tool() -> None:
    tool = Adder()
    bench = Bench(tool)

    failure = bench.fails(left="many", rigth=3)

    assert (failure.type, failure.retryable, tool.runs) == ("invalid_input", False, 0)
    problems = failure.details["problems"]
    assert isinstance(problems, list)
    assert [problem.split(":")[0] for problem in problems] == ["left", "right", "rigth"]
    assert "many" not in json.dumps(failure.details)  # values may be secrets
    assert bench.counts == (0, 1)


@pytest.mark.parametrize("output", [{"sum": 5}, "five", NOT_A_TOTAL])
def test_output_that_breaks_the_promise_is_a_failure(output: object) -> None:
    bench = Bench(Adder(output=output))

    assert bench.fails().type == "invalid_output"
    assert bench.counts == (0, 1)


def test_output_may_be_given_as_plain_fields() -> None:
    assert Bench(Adder(output={"total": 7})).run() == Total(total=7)


@pytest.mark.parametrize(
    ("error", "type", "retryable"),
    [
        (ToolFailed("no_space", "the shelf is full", retryable=True), "no_space", True),
        (ToolFailed("no_shelf", "there is no shelf"), "no_shelf", False),
        (TransientError("the registry does not answer"), "transient", True),
        (UserError("the file is not there"), "invalid", False),
        (ConnectionResetError("reset"), "os_error", True),
        (TimeoutError("late"), "os_error", True),
        (OSError(errno.ENOSPC, "No space left on device"), "os_error", True),
        (FileNotFoundError(errno.ENOENT, "No such file"), "os_error", False),
        (PermissionError(errno.EACCES, "Permission denied"), "os_error", False),
        (ZeroDivisionError("division by zero"), "tool_crashed", False),
        (KeyError(), "tool_crashed", False),
    ],
)
def test_every_failure_travels_in_an_envelope(error: Exception, type: str, retryable: bool) -> None:
    bench = Bench(Adder(error=error))

    failure = bench.fails()

    assert (failure.type, failure.retryable) == (type, retryable)
    assert (failure.tool, failure.timestamp) == ("adder", NOW.isoformat())
    assert failure.message
    assert bench.counts == (0, 1)


def test_the_traceback_goes_to_the_log_and_stays_out_of_the_envelope() -> None:
    bench = Bench(Adder(error=ZeroDivisionError("division by zero")))

    failure = bench.fails()

    [(told, error)] = bench.log.seen
    assert told == failure
    assert error.__traceback__ is not None
    assert "Traceback" not in json.dumps(asdict(failure))
    assert ".py" not in json.dumps(asdict(failure))


def test_secrets_are_taken_out_of_message_and_details() -> None:
    token = "ghp_" + "a" * 36
    error = ToolFailed("refused", f"refused {token}", details={"command": ["curl", "s3cr3t-value"], "of": {"x": token}})
    bench = Bench(Adder(error=error), secrets=("s3cr3t-value",))

    said = json.dumps(asdict(bench.fails()))

    assert token not in said
    assert "s3cr3t-value" not in said


def test_a_failure_shows_the_end_of_the_output() -> None:
    at = context()
    at.output.write(b"compiling\nerror: no such table\n")

    failure = Bench(Adder(error=ToolFailed("broken", "it broke"))).fails(at=at)

    assert failure.details["output_tail"] == "compiling\nerror: no such table\n"
    assert failure.details["log"] == "memory"


def test_a_tool_that_was_asked_to_stop_says_why() -> None:
    cancellation = Cancellation()
    cancellation.request(Stop.TIMED_OUT)
    cancellation.request(Stop.CANCELLED)  # too late: the first request counts

    class Patient(Adder):
        def run(self, given: Addition, context: Context) -> Any:
            context.cancellation.check()

    failure = Bench(Patient()).fails(at=context(cancellation=cancellation))

    assert (failure.type, failure.retryable) == ("timed_out", True)


def test_an_unknown_tool_is_a_failure_that_names_the_known_ones() -> None:
    bench = Bench(Adder())

    failure = bench.fails("addder")

    assert (failure.type, failure.tool, failure.retryable) == ("unknown_tool", "addder", False)
    assert "adder" in failure.message
    assert bench.counts == (0, 0)


def test_a_tool_that_is_switched_off_is_not_run() -> None:
    tool = Adder()
    bench = Bench(tool)
    bench.registry.disable("adder", "the operator says so")

    failure = bench.fails()
    bench.registry.enable("adder")

    assert (failure.type, tool.runs) == ("tool_unavailable", 0)
    assert bench.run() == Total(total=5)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_even_a_run_that_ends_the_process_is_counted(ending: type[BaseException]) -> None:
    bench = Bench(Adder(error=ending()))

    with pytest.raises(ending):
        bench.run()

    assert bench.counts == (0, 1)


def test_metrics_tell_total_last_and_average_time() -> None:
    bench = Bench(Adder())
    bench.run()
    bench.run()

    metrics = bench.registry.snapshot()["adder"].metrics

    assert (metrics.elapsed_total, metrics.elapsed_last, metrics.elapsed_average) == (0.5, 0.25, 0.25)
