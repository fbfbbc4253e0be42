"""Operations as they will run: with their placeholders filled in, and a command as its argument list."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.tools.command import CommandInput, CommandTool
from services.domain.phase import Operation, Phase
from services.domain.plan import Plan
from services.execution.cancellation import Cancellation
from services.execution.operations import context_for
from services.execution.tool import Context
from services.ports import Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation. `argv` is what a command runs; `arguments` what any other tool is given."""

    tool: str
    argv: list[str] | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    cwd: str = ""
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        return shlex.join(self.argv) if self.argv is not None else json.dumps(dict(self.arguments), ensure_ascii=False)


def steps(plan: Plan, phase: Phase, workspace: str) -> Iterator[Step]:
    """The operations of a phase, in order, as its first attempt would run them."""
    first = Assignment(plan=plan.id, plan_title=plan.title, phase=replace(phase, attempts=1), fence=1)
    nowhere = _Nowhere()
    context = context_for(
        first, workspace=workspace, cancellation=Cancellation(), output=nowhere, processes=nowhere, holder=""
    )
    return (_step(operation, context) for operation in phase.rules.operations)


def _step(operation: Operation, context: Context) -> Step:
    if operation.tool != CommandTool.name:
        return Step(tool=operation.tool, arguments=dict(operation.arguments))
    given = CommandInput.model_validate(operation.arguments)
    return Step(tool=operation.tool, argv=given.argv(context), cwd=context.fill(given.cwd), env=given.env)


class _Nowhere:
    """Where the output and the processes of a run go that never happens."""

    location = ""

    def write(self, chunk: bytes) -> None:
        raise AssertionError("a dry run runs nothing")

    def tail(self) -> str:
        return ""

    def watch(self) -> AbstractContextManager[Callable[[int], None]]:
        raise AssertionError("a dry run runs nothing")
