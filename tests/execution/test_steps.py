"""Steps that are repeated, skipped, limited and undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.executors.matching import Crew, WorkspaceFiles
from services.domain.attempts import Batch, Result
from services.domain.rules import Budget, Foreach, OnError, Operation
from services.execution.cancellation import Cancellation, Stop
from services.execution.operations import Ending, carry_out
from services.execution.registry import Registry
from services.execution.tool import Context, ToolFailed
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import KeptFailures, MemoryOutput, StandingClock, context


class Given(BaseModel):
    name: str = ""
    breaks: int = 0
    breaks_for: str = ""
    stops: bool = False
    winds_down: bool = False
    retryable: bool = True


class Told(BaseModel):
    modified: bool = True
    tokens: int = 5
    skipped: bool = False


class Stepper:
    """Remembers what it was called for; breaks the first so many times, or for one file."""

    name = "step"
    input_model: type[BaseModel] = Given
    output_model: type[BaseModel] = Told

    def __init__(self) -> None:
        self.taken: list[str] = []

    def run(self, given: Given, context: Context) -> Told:
        context.cancellation.check()
        self.taken.append(given.name + context.fill("{file}").removeprefix("{file}"))
        if self.taken.count(self.taken[-1]) <= given.breaks or context.placeholders.get("file") == given.breaks_for:
            raise ToolFailed("broken", "it broke", retryable=given.retryable)
        if given.stops:
            context.cancellation.request(Stop.CANCELLED)
        if given.winds_down:
            context.cancellation.wind_down()
        return Told(skipped=context.placeholders.get("file") == "c.txt")


class Bench:
    def __init__(self, folder: Path) -> None:
        self.tool = Stepper()
        self.registry = Registry([self.tool])
        self.runner = ToolRunner(self.registry, StandingClock(), KeptFailures())
        self.output = MemoryOutput()
        files = WorkspaceFiles(folder, Crew(usual=1, cores=8), lambda _: None)
        self.context = replace(context(folder), files=files, output=self.output)

    def does(self, *operations: Operation, cancellation: Cancellation | None = None) -> Ending:
        at = replace(self.context, cancellation=cancellation) if cancellation else self.context
        return carry_out(operations, self.runner, at)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(name)
    return Bench(tmp_path)


def step(name: str, **given: object) -> Operation:
    return Operation("step", {"name": name, **given})


ALL = Foreach("*.txt")


def test_a_step_is_tried_again_as_often_as_it_says(bench: Bench) -> None:
    ending = bench.does(replace(step("a", breaks=2), retries=2))

    assert (ending.failure, bench.tool.taken) == (None, ["a", "a", "a"])
    assert ending.result == Result(modified=True, tokens=5)


def test_what_is_not_retryable_is_not_tried_again(bench: Bench) -> None:
    ending = bench.does(replace(step("a", breaks=1, retryable=False), retries=2))

    assert ending.failure is not None
    assert bench.tool.taken == ["a"]


def test_a_step_that_may_be_skipped_keeps_nothing_from_going_on(bench: Bench) -> None:
    ending = bench.does(replace(step("a", breaks=9), on_error=OnError.SKIP), step("b"))

    assert (ending.failure, bench.tool.taken) == (None, ["a", "b"])
    assert "step: a: skipped after broken: it broke" in bench.output.tail()


def test_a_stop_is_not_skipped(bench: Bench) -> None:
    ending = bench.does(replace(step("a", stops=True), on_error=OnError.SKIP), step("b"))

    assert ending.failure is not None
    assert (ending.failure.type, bench.tool.taken) == ("cancelled", ["a"])


def test_a_failure_undoes_what_was_done_the_last_first(bench: Bench) -> None:
    ending = bench.does(
        replace(step("a"), rollback=(step("not a"), step("nor its leavings"))),
        replace(step("b"), rollback=(step("not b"),)),
        step("c"),
        replace(step("d", breaks=1), rollback=(step("not d"),)),
        replace(step("e"), rollback=(step("not e"),)),
    )

    assert ending.failure is not None
    assert bench.tool.taken == ["a", "b", "c", "d", "not b", "not a", "nor its leavings"]
    assert ending.failure.details["rolled_back"] is True


def test_undoing_that_fails_is_told_and_the_rest_is_undone(bench: Bench) -> None:
    ending = bench.does(
        replace(step("a"), rollback=(step("not a"),)),
        replace(step("b"), rollback=(step("not b", breaks=1),)),
        step("c", breaks=1),
    )

    assert ending.failure is not None
    assert bench.tool.taken == ["a", "b", "c", "not b", "not a"]
    assert ending.failure.details["rolled_back"] is False
    assert ending.failure.details["rollback_failures"] == ["step: not b: it broke"]


def test_a_cancelled_attempt_is_undone_all_the_same(bench: Bench) -> None:
    ending = bench.does(replace(step("a", stops=True), rollback=(step("not a"),)))

    assert ending.failure is not None
    assert (ending.failure.type, bench.tool.taken) == ("cancelled", ["a", "not a"])


def test_an_attempt_that_has_used_more_than_it_may_begins_no_further_step(bench: Bench) -> None:
    steps = [step("a"), step("b"), step("c")]

    ending = carry_out(steps, bench.runner, bench.context, ceiling=Budget(tokens=8))

    assert bench.tool.taken == ["a", "b"]
    assert ending.failure is not None
    assert (ending.failure.type, ending.failure.retryable) == ("budget_exhausted", False)
    assert ending.result == Result(modified=True, tokens=10)


def test_a_step_has_its_own_time(bench: Bench) -> None:
    ending = bench.does(replace(step("a"), timeout=timedelta(0)))

    assert ending.failure is not None
    assert (ending.failure.type, bench.tool.taken) == ("timed_out", [])


# ---------------------------------------------------------------- for each file


def test_a_step_is_repeated_for_every_file_in_order(bench: Bench) -> None:
    ending = bench.does(replace(step(""), foreach=ALL))

    assert (ending.failure, bench.tool.taken) == (None, ["a.txt", "b.txt", "c.txt"])
    assert ending.result is not None
    assert ending.result.tokens == 15
    assert (batch := ending.result.batch) is not None
    assert (batch.done, batch.skipped, batch.stopped_early) == (2, 1, False)


def test_a_file_that_fails_ends_the_batch(bench: Bench) -> None:
    ending = bench.does(replace(step("", breaks_for="b.txt"), foreach=ALL))

    assert (failure := ending.failure) is not None
    assert (failure.message, failure.details["file"]) == ("b.txt: it broke", "b.txt")
    assert bench.tool.taken == ["a.txt", "b.txt"]
    assert ending.result is not None
    assert ending.result.batch == Batch(1, 1, 0, 1, ending.result.batch.seconds if ending.result.batch else 0, True)


def test_a_file_that_fails_may_be_skipped(bench: Bench) -> None:
    ending = bench.does(replace(step("", breaks_for="b.txt"), foreach=ALL, on_error=OnError.SKIP))

    assert (ending.failure, bench.tool.taken) == (None, ["a.txt", "b.txt", "c.txt"])
    assert ending.result is not None
    assert ending.result.batch is not None
    assert (ending.result.batch.failed, ending.result.modified) == (1, True)
    assert "b.txt: broken: it broke" in bench.output.tail()


def test_a_batch_that_is_wound_down_is_taken_up_another_time(bench: Bench) -> None:
    ending = bench.does(replace(step("", winds_down=True), foreach=ALL))

    assert ending.failure is not None
    assert (ending.failure.type, bench.tool.taken) == ("interrupted", ["a.txt"])


def test_a_phase_that_is_wound_down_finishes_its_other_steps(bench: Bench) -> None:
    ending = bench.does(step("a", winds_down=True), step("b"))

    assert (ending.failure, bench.tool.taken) == (None, ["a", "b"])


def test_every_run_is_counted_whether_of_a_file_a_retry_or_a_rollback(bench: Bench) -> None:
    bench.does(
        replace(step("a"), rollback=(step("undo"),)), replace(step("", breaks_for="b.txt"), foreach=ALL, retries=1)
    )

    metrics = bench.registry.snapshot()["step"].metrics
    assert metrics.success_count + metrics.error_count == len(bench.tool.taken) == 5


@pytest.mark.parametrize("glob", ["../*.txt", "/etc/*"])
def test_a_glob_never_leads_out(bench: Bench, glob: str) -> None:
    with pytest.raises(ToolFailed, match="leads out"):
        bench.context.files.matching(glob)


def test_links_out_hidden_git_and_folders_are_no_files(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to("/etc/hostname")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text("")
    (tmp_path / "folder.txt").mkdir()

    assert bench.context.files.matching("**/*.txt") == ["a.txt", "b.txt", "c.txt"]


def test_the_command_line_goes_before_the_operation_and_all_before_half_the_cores() -> None:
    assert Crew(asked=3, usual=2, cores=8).workers(4) == (3, None)
    assert Crew(usual=2, cores=8).workers(4) == (4, None)
    assert Crew(usual=2, cores=8).workers(None) == (2, None)
    count, warning = Crew(asked=9, cores=8).workers(None)
    assert (count, "half of the 8 cores" in str(warning)) == (4, True)
    assert Crew(asked=9, cores=8, cap=9).workers(None) == (9, None)
