"""Execution in process: a policy read, files run through a no-op tool, and workers that sleep."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from benchmarks.parsing import milliseconds
from bot.clock import SystemClock
from bot.executors.matching import Crew, WorkspaceFiles
from bot.tools import builtin_registry
from services.domain.rules import Foreach, Operation
from services.execution.batch import Fate, Manner, Outcome, run_batch
from services.execution.cancellation import Cancellation
from services.execution.operations import carry_out
from services.execution.registry import Registry
from services.execution.tool import Context
from services.execution.tool_runner import ToolRunner
from services.planning.policy import read_policy

FILES, NAPS, NAP = 1000, 20, 0.1


def policy_of(phases: int) -> str:
    """A policy with so many entries, each with most of what can be said."""
    entry = """\
  - match: "Step {n}"
    retries: {{count: 2, delay: 10s}}
    timeout: 30m
    approval: {{by: [maintainers, "@ada"], expires: 2d}}
    when: failed("Step 1") or plan.project == "acme/site"
    windows: ["mon-fri 09:00-17:00 Europe/Berlin"]
    operations:
      - {{tool: command, run: "make step-{n}", rollback: [{{tool: command, run: make clean}}]}}
      - {{tool: command, run: "convert {{file}}", foreach: "**/*.png", workers: 4, on_error: skip}}
"""
    return "version: 1\nphases:\n" + "".join(entry.format(n=n) for n in range(1, phases + 1))


def show() -> None:
    """Figures to reach: 50 ms for 20 phases, 1 ms a file, 0.9 N for N workers."""
    registry = builtin_registry({})
    tools, text = registry.inputs(), policy_of(20)
    executors = {"local", "manual"}
    read_policy(text, tools=tools, executors=executors)
    began = time.process_time()
    took = milliseconds(lambda: read_policy(text, tools=tools, executors=executors), runs=9)
    used = (time.process_time() - began) * 100
    print(f"A policy of 20 phases: read and checked in {took:.1f} ms, {used:.1f} ms of them at work")
    for workers in (1, 4):
        print(f"{FILES} files through a no-op tool, {workers} at once: {_per_file(registry, workers):.3f} ms a file")
    alone, together = (min(_napping(workers) for _ in range(3)) for workers in (1, 4))
    print(f"4 workers on sleeping work: {alone / together:.2f} times as fast as one")


def _per_file(registry: Registry, workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        for n in range(FILES):
            Path(folder, f"{n:04}.txt").touch()
        files = WorkspaceFiles(Path(folder), Crew(asked=workers, cap=workers), lambda _: None)
        runner = ToolRunner(registry, SystemClock(), lambda *_: None)
        nowhere = SimpleNamespace(location="", write=lambda _: None, tail=lambda: "")
        context = Context(
            workspace=folder,
            cancellation=Cancellation(),
            output=nowhere,
            processes=SimpleNamespace(),
            files=files,
        )
        step = Operation("noop", {}, foreach=Foreach("*.txt"))
        return milliseconds(lambda: carry_out([step], runner, context), runs=5) / FILES


def _napping(workers: int) -> float:
    """Seconds, by the clock on the wall: who sleeps takes no time of a processor."""

    def nap(_: int) -> Outcome[None]:
        time.sleep(NAP)
        return Outcome(Fate.DONE)

    manner = Manner(workers=workers, stop_on_failure=False, is_wanted=lambda: True, told=lambda _: None)
    began = time.perf_counter()
    run_batch(range(NAPS), nap, manner)
    return time.perf_counter() - began
