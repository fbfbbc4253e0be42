"""Operations as they will run: with their placeholders filled in, and a command as its argument list."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.executors.matching import Crew, WorkspaceFiles
from bot.tools.command import CommandInput, CommandTool
from services.domain.phase import Operation, Phase
from services.domain.plan import Plan
from services.execution.cancellation import Cancellation
from services.execution.operations import Surroundings, context_for, for_file
from services.execution.tool import Context
from services.ports import Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation. `argv` is what a command runs; `arguments` what any other tool is given. `file` is the one of a batch
    (`foreach`) that it is run for; `undo` what takes it back if the phase fails later on."""

    tool: str
    argv: list[str] | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    cwd: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    foreach: str = ""
    file: str = ""
    on_error: str = "fail"
    retries: int = 0
    undo: tuple[Step, ...] = ()

    @property
    def shown(self) -> str:
        if self.foreach and not self.file:
            return f"no file matches {self.foreach}"
        return shlex.join(self.argv) if self.argv is not None else json.dumps(dict(self.arguments), ensure_ascii=False)


def steps(plan: Plan, phase: Phase, workspace: str) -> Iterator[Step]:
    """The operations of a phase, in order, as its first attempt would run them; those of a batch for every file."""
    first = Assignment(plan=plan.id, plan_title=plan.title, phase=replace(phase, attempts=1), fence=1)
    nowhere = _Nowhere()
    files = WorkspaceFiles(Path(workspace), Crew(), lambda _: None)
    surroundings = Surroundings(workspace=workspace, holder="", files=files, secrets={})
    context = context_for(first, surroundings, cancellation=Cancellation(), output=nowhere, processes=nowhere)
    for operation in phase.rules.operations:
        yield from _steps(operation, context)


def _steps(operation: Operation, context: Context) -> Iterator[Step]:
    if operation.foreach is None:
        yield _step(operation, context)
        return
    glob = operation.foreach.glob
    found = context.files.matching(glob)
    for file in found:
        yield replace(_step(operation, for_file(context, file)), foreach=glob, file=file)
    if not found:
        yield Step(tool=operation.tool, foreach=glob)


def _step(operation: Operation, context: Context) -> Step:
    undo = tuple(one for inverse in operation.rollback for one in _steps(inverse, context))
    told = Step(tool=operation.tool, on_error=operation.on_error.value, retries=operation.retries, undo=undo)
    if operation.tool != CommandTool.name:
        return replace(told, arguments=_filled(operation.arguments, context))
    given = CommandInput.model_validate(operation.arguments)
    return replace(told, argv=given.argv(context), cwd=context.fill(given.cwd), env=given.env)


def _filled(arguments: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    return {key: context.fill(value) if isinstance(value, str) else value for key, value in arguments.items()}


class _Nowhere:
    """Where the output and the processes of a run go that never happens."""

    location = ""

    def write(self, chunk: bytes) -> None:
        raise AssertionError("a dry run runs nothing")

    def tail(self) -> str:
        return ""

    def watch(self) -> AbstractContextManager[Callable[[int], None]]:
        raise AssertionError("a dry run runs nothing")
