"""The `checks` tool: a verdict, from a command or from a file. No verdict is a failure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.tools.confined import confined
from bot.tools.environment import allowed
from bot.tools.process_group import Grace
from bot.tools.programs import Program, folder_in, how_it_ended, read_in, run_program, split
from services.execution.tool import Context, ToolFailed

_PASSED = re.compile(r"(pass(ed)?|ok|success|true|approved)", re.IGNORECASE)
_FAILED = re.compile(r"(fail(ed|ure)?|error|false|rejected)", re.IGNORECASE)


class ChecksInput(BaseModel):
    """Where the verdict comes from. With `run` alone exit code 0 passes and 1 fails; with `file`, what is written there:
    a JSON object with `verdict` (and `summary`), or a first line that says passed or failed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)] | None = Field(
        None, alias="run"
    )
    file: Annotated[str, Field(min_length=1)] | None = None
    cwd: str = ""
    env: dict[str, str] = {}
    name: str = ""

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.command is None and self.file is None:
            raise ValueError("a verdict needs run, file, or both")
        if isinstance(self.command, str):
            split(self.command)
        return self


class ChecksOutput(BaseModel):
    """A verdict that passed."""

    verdict: str
    summary: str = ""
    modified: bool = False


class ChecksTool:
    """Runs the command, if there is one, and believes nothing but a verdict that was given by this very run."""

    name: ClassVar[str] = "checks"
    input_model: ClassVar[type[BaseModel]] = ChecksInput
    output_model: ClassVar[type[BaseModel]] = ChecksOutput

    def __init__(self, environ: Mapping[str, str], grace: Grace | None = None) -> None:
        self._environ = allowed(environ)
        self._grace = grace or Grace()

    def run(self, given: ChecksInput, context: Context) -> ChecksOutput:
        context.cancellation.check()
        exit_code = None
        if given.command is not None:
            exit_code = self._run_command(given, context)
        if given.file is not None:
            return _judged(*_written(given.file, context))
        if exit_code not in (0, 1):
            raise _no_verdict(f"the check {how_it_ended(exit_code or 0)}, which is neither passed (0) nor failed (1)")
        return _judged("failed" if exit_code else "passed", "")

    def _run_command(self, given: ChecksInput, context: Context) -> int:
        if given.file is not None:
            confined(context.workspace, context.fill(given.file)).unlink(missing_ok=True)  # an old verdict is none
        words = split(given.command) if isinstance(given.command, str) else given.command or []
        program = Program(
            argv=[context.fill(word) for word in words],
            folder=folder_in(context, given.cwd),
            environ={**self._environ, **context.environment, **given.env},
        )
        return run_program(program, context, self._grace).exit_code


def _written(file: str, context: Context) -> tuple[str, str]:
    """Verdict and summary, as the file has them."""
    text = read_in(context, file)
    if text is None or not text.strip():
        raise _no_verdict(f"there is no verdict in {file}")
    try:
        found = json.loads(text)
    except ValueError:
        first, _, rest = text.strip().partition("\n")
        return first, rest.strip()[:2000]
    if not isinstance(found, dict) or "verdict" not in found:
        raise _no_verdict(f"{file} is JSON without a verdict")
    return str(found["verdict"]), str(found.get("summary", ""))[:2000]


def _judged(verdict: str, summary: str) -> ChecksOutput:
    word = verdict.strip().rstrip(".:!")
    if _PASSED.fullmatch(word):
        return ChecksOutput(verdict="passed", summary=summary)
    if _FAILED.fullmatch(word):
        told = f": {summary}" if summary else ""
        raise ToolFailed("verdict_failed", f"the check failed{told}", details={"verdict": "failed", "summary": summary})
    raise _no_verdict(f"“{word[:60]}” is neither passed nor failed")


def _no_verdict(why: str) -> ToolFailed:
    return ToolFailed("no_verdict", why)
