"""What the tests of execution share: a clock that stands, an output in memory, an attempt to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.executors.matching import Crew, WorkspaceFiles
from services.domain.attempts import Attempt, AttemptState
from services.domain.failure import Failure
from services.domain.phase import Operation, Phase, Rules
from services.execution.cancellation import Cancellation
from services.execution.redaction import Redactor
from services.execution.tool import Context
from services.ports import Assignment

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class StandingClock:
    """Always the same moment."""

    def now(self) -> datetime:
        return NOW


class MemoryOutput:
    """Keeps what is written."""

    location = "memory"

    def __init__(self) -> None:
        self.stream = Redactor().stream()
        self.kept = b""

    def write(self, chunk: bytes) -> None:
        self.kept += self.stream.feed(chunk)

    def tail(self) -> str:
        return (self.kept + self.stream.held()).decode()


@dataclass
class SeenGroups:
    """Remembers which process groups were started."""

    started: list[int] = field(default_factory=list)

    @contextmanager
    def watch(self) -> Iterator[Callable[[int], None]]:
        yield self.started.append


@dataclass
class KeptFailures:
    """What the log was told."""

    seen: list[tuple[Failure, BaseException]] = field(default_factory=list)

    def __call__(self, failure: Failure, error: BaseException) -> None:
        self.seen.append((failure, error))


def context(workspace: Path | str = "/", cancellation: Cancellation | None = None, **values: Any) -> Context:
    return Context(
        workspace=str(workspace),
        cancellation=cancellation or Cancellation(),
        output=MemoryOutput(),
        processes=SeenGroups(),
        files=WorkspaceFiles(Path(workspace), Crew(usual=1, cores=8), lambda _: None),
        **values,
    )


def operation(tool: str, **arguments: Any) -> Operation:
    return Operation(tool, arguments)


def assignment(
    *operations: Operation, fence: int = 1, timeout: float | None = None, key: str = "schema", title: str = "Schema"
) -> Assignment:
    limit = None if timeout is None else timedelta(seconds=timeout)
    attempt = Attempt(1, fence, "local", AttemptState.CLAIMED, NOW)
    rules = Rules(executor="local", timeout=limit, operations=operations)
    phase = Phase(key=key, ordinal=2, title=title, number="2", rules=rules, attempt=attempt, attempts=1)
    return Assignment(plan="p1", plan_title="Shop", phase=phase, fence=fence)
