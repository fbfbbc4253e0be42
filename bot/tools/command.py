"""The `command` tool: runs a program of the machine, without a shell unless the policy wants one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.tools.environment import allowed
from bot.tools.process_group import Grace, ProcessGroup
from services.execution.tool import PLACEHOLDER, Context, ToolFailed

Argument = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class CommandInput(BaseModel):
    """What to run. A text is split as a shell would split it, but no shell sees it unless `shell` is true."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: Annotated[Argument, Field(min_length=1)] | Annotated[list[Argument], Field(min_length=1)]
    shell: bool = False
    cwd: Argument = ""
    env: dict[str, str] = {}
    name: str = ""

    @model_validator(mode="after")
    def _can_be_run(self) -> Self:
        if self.shell:
            self._check_script()
        elif isinstance(self.run, str):
            _split(self.run)
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
        words = _split(self.run) if isinstance(self.run, str) else self.run
        return [context.fill(word) for word in words]


class CommandOutput(BaseModel):
    """What is left of a command that succeeded."""

    exit_code: int
    log: str = ""


class CommandTool:
    """Runs commands in a process group of their own, which ends with them."""

    name: ClassVar[str] = "command"
    input_model: ClassVar[type[BaseModel]] = CommandInput
    output_model: ClassVar[type[BaseModel]] = CommandOutput

    def __init__(self, environ: Mapping[str, str], grace: Grace | None = None) -> None:
        self._environ = allowed(environ)
        self._grace = grace or Grace()

    def run(self, given: CommandInput, context: Context) -> CommandOutput:
        context.cancellation.check()
        argv = given.argv(context)
        folder = _folder(given, context)
        environ = {**self._environ, **context.environment, **given.env}
        with context.processes.watch() as started:
            exit_code = _start(argv, folder, environ, self._grace).watched_by(context, started)
        if exit_code:
            raise _failed(argv, exit_code)
        return CommandOutput(exit_code=exit_code, log=context.output.location)


def _start(argv: list[str], folder: Path, environ: Mapping[str, str], grace: Grace) -> ProcessGroup:
    """Raises ToolFailed where it never could; an OSError where the machine lacks something just now."""
    try:
        return ProcessGroup.start(argv, folder, environ, grace)
    except (FileNotFoundError, PermissionError, NotADirectoryError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ToolFailed(
            "not_startable", f"{argv[0]}: {why[:1].lower()}{why[1:]}", details={"command": argv}
        ) from error


def _folder(given: CommandInput, context: Context) -> Path:
    folder = Path(context.workspace, given.cwd)
    if not folder.is_dir():
        raise ToolFailed("not_startable", f"there is no folder {given.cwd or folder} to run the command in")
    return folder


def _failed(argv: list[str], exit_code: int) -> ToolFailed:
    how = f"ended with exit code {exit_code}" if exit_code > 0 else f"was killed by signal {-exit_code}"
    details = {"exit_code": exit_code, "command": argv}
    return ToolFailed("command_failed", f"{_called(argv)} {how}", retryable=True, details=details)


def _called(argv: list[str]) -> str:
    return argv[2] if argv[:2] == ["/bin/sh", "-c"] else shlex.join(argv)


def _split(run: str) -> list[str]:
    """Raises ValueError for a quote that is not closed, or nothing to run."""
    try:
        words = shlex.split(run)
    except ValueError as error:
        raise ValueError(f"{str(error).lower()} in {run}") from None
    if not words:
        raise ValueError("there is nothing to run")
    return words
