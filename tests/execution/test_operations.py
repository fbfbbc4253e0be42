"""Operations: in order, through ToolRunner and nothing else, for as long as they are wanted."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from services.domain.attempts import Outcome
from services.domain.failure import Failure
from services.domain.phase import Operation
from services.execution.cancellation import Cancellation, Stop
from services.execution.operations import describe, outcome_of, run_operations
from services.execution.registry import Registry
from services.execution.tool import Context, ToolFailed
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import KeptFailures, StandingClock, assignment, context, operation


class Step(BaseModel):
    name: str
    breaks: bool = False
    stops: bool = False


class Nothing(BaseModel):
    pass


class Steps:
    """A tool that remembers the steps it took."""

    name = "step"
    input_model: type[BaseModel] = Step
    output_model: type[BaseModel] = Nothing

    def __init__(self) -> None:
        self.taken: list[str] = []

    def run(self, given: Step, context: Context) -> Nothing:
        self.taken.append(given.name)
        if given.breaks:
            raise ToolFailed("broken", "it broke")
        if given.stops:
            context.cancellation.request(Stop.CANCELLED)
        return Nothing()


def carry_out(
    *operations: Operation, cancellation: Cancellation | None = None
) -> tuple[Failure | None, list[str], Registry]:
    tool = Steps()
    registry = Registry([tool])
    runner = ToolRunner(registry, StandingClock(), KeptFailures())
    failure = run_operations(assignment(*operations), runner, context(cancellation=cancellation)).failure
    return failure, tool.taken, registry


def test_operations_run_in_the_order_of_the_policy() -> None:
    failure, taken, _ = carry_out(*(operation("step", name=name) for name in "bca"))

    assert (failure, taken) == (None, ["b", "c", "a"])


def test_the_first_failure_is_the_last_thing_that_happens() -> None:
    failure, taken, _ = carry_out(operation("step", name="a", breaks=True), operation("step", name="b"))

    assert failure is not None
    assert (failure.type, taken) == ("broken", ["a"])


def test_nothing_starts_after_a_request_to_stop() -> None:
    failure, taken, _ = carry_out(operation("step", name="a", stops=True), operation("step", name="b"))

    assert failure is not None
    assert (failure.type, failure.retryable, taken) == ("cancelled", False, ["a"])


def test_a_pass_after_the_deadline_is_none() -> None:
    moments = iter([0.0])
    late = Cancellation(deadline=1.0, seconds=lambda: next(moments, 2.0))

    failure, taken, _ = carry_out(operation("step", name="a"), cancellation=late)

    assert failure is not None
    assert (failure.type, taken) == ("timed_out", ["a"])


def test_nothing_bypasses_the_runner_or_its_count() -> None:
    """Every call of a tool's run is seen by the registry, whichever way it ends."""
    steps: list[dict[str, Any]] = [{"name": "a"}, {"name": "b"}, {"name": "c", "breaks": True}, {"name": "never"}]

    _, taken, registry = carry_out(*(operation("step", **step) for step in steps))

    metrics = registry.snapshot()["step"].metrics
    assert (metrics.success_count, metrics.error_count) == (2, 1)
    assert metrics.success_count + metrics.error_count == len(taken)


@pytest.mark.parametrize(
    ("type", "outcome"),
    [
        ("cancelled", Outcome.CANCELLED),
        ("timed_out", Outcome.TIMED_OUT),
        ("interrupted", Outcome.LOST),
        ("command_failed", Outcome.BROKE),
        ("unknown_tool", Outcome.BROKE),
    ],
)
def test_a_failure_says_how_the_attempt_ended(type: str, outcome: Outcome) -> None:
    assert outcome_of(Failure(type, "")) is outcome


def test_no_failure_is_a_pass() -> None:
    assert outcome_of(None) is Outcome.PASSED


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (operation("command", run="make build"), "command: make build"),
        (operation("command", run=["make", "build"]), "command: make build"),
        (operation("command", run="make build", name="Build it"), "command: Build it"),
        (operation("noop"), "noop"),
    ],
)
def test_an_operation_can_be_told_in_a_line(step: Operation, line: str) -> None:
    assert describe(step) == line
