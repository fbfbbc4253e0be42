"""The tool port: one kind of step that a phase may take, with a typed input and a typed output.

A tool is only ever run by `ToolRunner`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from pydantic import BaseModel

from services.execution.batch import Progress
from services.execution.cancellation import Cancellation


class Output(Protocol):
    """Where a tool's output goes. It is kept, without secrets; `tail` is its end and `location` where to read all of it."""

    @property
    def location(self) -> str: ...

    def write(self, chunk: bytes) -> None: ...

    def tail(self) -> str: ...


class ProcessWatch(Protocol):
    """Told of each process group that a tool starts, so that none outlives the process that started it."""

    def watch(self) -> AbstractContextManager[Callable[[int], None]]:
        """Enter it before the start, call what it gives with the group's id, leave it when the group is gone."""


class Files(Protocol):
    """The files of the workspace, for operations that are repeated for each of them."""

    def matching(self, glob: str) -> Sequence[str]:
        """Relative paths, in an order that is always the same. Raises ToolFailed for a glob that leads out."""

    def workers(self, wanted: int | None) -> tuple[int, str | None]:
        """How many are worked on at once, where the operation wants so many; and a warning if that is less."""

    def told(self, progress: Progress) -> None:
        """Hears how far a batch has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a tool may know of the attempt it runs for.

    `workspace` is the folder to work in; `environment` the variables that describe the attempt; `placeholders` the values
    for `{title}` and its like. `agent` and `model` are what the rules of the phase say of coding agents.
    """

    workspace: str
    cancellation: Cancellation
    output: Output
    processes: ProcessWatch
    files: Files
    environment: Mapping[str, str] = field(default_factory=dict)
    placeholders: Mapping[str, str] = field(default_factory=dict)
    agent: str = ""
    model: str = ""

    def within(self, seconds: float) -> Context:
        """The same with less time."""
        return replace(self, cancellation=self.cancellation.within(seconds))

    def fill(self, text: str) -> str:
        """`text` with its placeholders filled in. To be used on single arguments, never on text that is parsed afterwards."""
        return PLACEHOLDER.sub(lambda found: self.placeholders.get(found[1], found[0]), text)


PLACEHOLDERS = ("phase", "number", "title", "plan", "attempt", "file", "folder", "filename", "stem")
PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")


class Tool(Protocol):
    """One kind of step. `run` gets a validated `input_model` and returns an `output_model` (or its fields).

    It fails by raising: ToolFailed (it knows what went wrong), Stopped (it was asked to end), anything else (a crash).
    """

    @property
    def name(self) -> str: ...

    @property
    def input_model(self) -> type[BaseModel]: ...

    @property
    def output_model(self) -> type[BaseModel]: ...

    def run(self, given: Any, context: Context) -> BaseModel | Mapping[str, Any]: ...


class ToolFailed(Exception):
    """A tool's own word on why it failed. `type` is a stable code; `details` holds JSON values."""

    def __init__(
        self, type: str, message: str, *, retryable: bool = False, details: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.retryable = retryable
        self.details = dict(details or {})
