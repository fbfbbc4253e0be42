"""The `command` tool: runs a program of the machine, without a shell unless the policy wants one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.tools.environment import allowed
from bot.tools.process_group import Grace
from bot.tools.programs import RESULT, Program, folder_in, how_it_ended, result_file, result_of, run_program, split
from bot.tools.sizes import Size
from services.execution.tool import PLACEHOLDER, Context, ToolFailed

Argument = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class CommandInput(BaseModel):
    """What to run. A text is split as a shell would split it, but no shell sees it unless `shell` is true.

    `memory` is the most that each of its processes may have; past `output` it is ended.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: Annotated[Argument, Field(min_length=1)] | Annotated[list[Argument], Field(min_length=1)]
    shell: bool = False
    cwd: Argument = ""
    env: dict[str, str] = {}
    memory: Size | None = None
    output: Size | None = None
    name: str = ""

    @model_validator(mode="after")
    def _can_be_run(self) -> Self:
        if self.shell:
            self._check_script()
        elif isinstance(self.run, str):
            split(self.run)
        return self

    def _check_script(self) -> None:
        if not isinstance(self.run, str):
            raise ValueError("with shell: true, run is one text, not a list")  # noqa: TRY004 - what pydantic expects
        found = PLACEHOLDER.search(self.run)
        if found:
            raise ValueError(f'with shell: true, write "$PHASEBOT_{found[1].upper()}" in place of {found[0]}')

    def argv(self, context: Context) -> list[str]:
        """The program and its arguments. Placeholders are filled in after the split: each stays within one argument."""
        if self.shell and isinstance(self.run, str):
            return ["/bin/sh", "-c", self.run]
        words = split(self.run) if isinstance(self.run, str) else self.run
        return [context.fill(word) for word in words]


class CommandOutput(BaseModel):
    """What is left of a command that succeeded, and what it said of its work."""

    exit_code: int
    log: str = ""
    modified: bool | None = None
    skipped: bool = False
    tokens: int = 0
    cost: float = 0.0
    model: str = ""


class CommandTool:
    """Runs commands in a process group of their own, which ends with them."""

    name: ClassVar[str] = "command"
    input_model: ClassVar[type[BaseModel]] = CommandInput
    output_model: ClassVar[type[BaseModel]] = CommandOutput

    def __init__(self, environ: Mapping[str, str], grace: Grace | None = None) -> None:
        self._environ = allowed(environ)
        self._grace = grace or Grace()

    def run(self, given: CommandInput, context: Context) -> CommandOutput | dict[str, object]:
        context.cancellation.check()
        argv, folder = given.argv(context), folder_in(context, given.cwd)
        with result_file({**self._environ, **context.environment, **given.env}) as environ:
            program = Program(argv=argv, folder=folder, environ=environ, memory=given.memory, output=given.output)
            exit_code = run_program(program, context, self._grace).exit_code
            if exit_code:
                raise _failed(argv, exit_code)
            return {"exit_code": exit_code, "log": context.output.location, **result_of(environ[RESULT])}


def _failed(argv: list[str], exit_code: int) -> ToolFailed:
    details = {"exit_code": exit_code, "command": argv}
    message = f"{_called(argv)} {how_it_ended(exit_code)}"
    return ToolFailed("command_failed", message, retryable=True, details=details)


def _called(argv: list[str]) -> str:
    return argv[2] if argv[:2] == ["/bin/sh", "-c"] else shlex.join(argv)
