"""Programs: how every tool that starts one does it. In a process group, with limits, in a folder of the workspace."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.tools.capture import Captured
from bot.tools.confined import confined
from bot.tools.process_group import Grace, ProcessGroup
from services.execution.tool import Context, ToolFailed

MOST_CAPTURED = 4 * 1024 * 1024
_LIMITED = 'ulimit -v "$1" || exit 125; shift; exec "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to start. `memory` and `output` in bytes, None: no limit; `said` is what it reads from standard input."""

    argv: list[str]
    folder: Path
    environ: Mapping[str, str]
    memory: int | None = None
    output: int | None = None
    said: str | None = None
    capture: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended; `text` is the end of its output, where that was captured."""

    exit_code: int
    text: str


def run_program(program: Program, context: Context, grace: Grace) -> Ended:
    """Start it and wait. Raises ToolFailed where it cannot be started or says too much, Stopped if it had to be ended."""
    captured = Captured(context.output, keep=MOST_CAPTURED if program.capture else 0, limit=program.output)
    with _input(program.said) as descriptor, context.processes.watch() as started:
        group = _start(program, grace, descriptor)
        exit_code = group.watched_by(replace(context, output=captured), started)
    return Ended(exit_code, captured.text)


def _start(program: Program, grace: Grace, stdin: int | None) -> ProcessGroup:
    """Raises ToolFailed where it never could; an OSError where the machine lacks something just now."""
    argv = program.argv
    limited = argv if program.memory is None else ["/bin/sh", "-c", _LIMITED, "sh", str(program.memory // 1024), *argv]
    try:
        return ProcessGroup.start(limited, program.folder, program.environ, grace, stdin=stdin)
    except (FileNotFoundError, PermissionError, NotADirectoryError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ToolFailed(
            "not_startable", f"{argv[0]}: {why[:1].lower()}{why[1:]}", details={"command": argv}
        ) from error


@contextmanager
def _input(said: str | None) -> Iterator[int | None]:
    """A file without a name: nothing waits for the other end of a pipe."""
    if said is None:
        yield None
        return
    with tempfile.TemporaryFile() as file:
        file.write(said.encode())
        file.seek(0)
        yield file.fileno()


def folder_in(context: Context, cwd: str) -> Path:
    """Raises ToolFailed if there is none."""
    folder = Path(context.workspace, context.fill(cwd))
    if not folder.is_dir():
        raise ToolFailed("not_startable", f"there is no folder {cwd or folder} to run the command in")
    return folder


def split(run: str) -> list[str]:
    """Raises ValueError for a quote that is not closed, or nothing to run."""
    try:
        words = shlex.split(run)
    except ValueError as error:
        raise ValueError(f"{str(error).lower()} in {run}") from None
    if not words:
        raise ValueError("there is nothing to run")
    return words


def how_it_ended(exit_code: int) -> str:
    return f"ended with exit code {exit_code}" if exit_code >= 0 else f"was killed by signal {-exit_code}"


# ---------------------------------------------------------------- what a program says of its work

RESULT = "PHASEBOT_RESULT"
"""Names a file in which a program may leave a JSON object: `{"modified": false, "skipped": true, "tokens": 9, "cost": 0.1}`."""


@contextmanager
def result_file(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment, with a place for the result that is there until the end of the context."""
    descriptor, path = tempfile.mkstemp(prefix="phasebot-result-")
    os.close(descriptor)
    try:
        yield {**environ, RESULT: path}
    finally:
        Path(path).unlink(missing_ok=True)


def result_of(path: str) -> dict[str, Any]:
    """What it has left there; empty for nothing. Raises ToolFailed for what is no JSON object."""
    text = Path(path).read_text(encoding="utf-8", errors="replace").strip() if Path(path).exists() else ""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ToolFailed("bad_result", "what the command left in $PHASEBOT_RESULT is no JSON object")
    return {key: found[key] for key in ("modified", "skipped", "tokens", "cost", "model") if key in found}


def read_in(context: Context, path: str) -> str | None:
    """The text of a file in the workspace; None if there is none."""
    place = confined(context.workspace, context.fill(path))
    return place.read_text(encoding="utf-8", errors="replace") if place.is_file() else None
