"""The registry of tools: which there are, whether they may be used, and how they have fared."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pydantic import BaseModel

from services.domain.errors import UserError
from services.execution.tool import Tool


class Availability(StrEnum):
    """Whether a tool may be run: `disabled` by the operator, `error` when it could not be set up."""

    AVAILABLE = "available"
    DISABLED = "disabled"
    ERROR = "error"


FAILING = 3
"""So many failures in a row make a tool a failing one; it is still run."""


class UnknownTool(UserError):
    """No tool of that name."""

    code = "unknown_tool"


class ToolUnavailable(UserError):
    """The tool is there but may not be run."""

    code = "tool_unavailable"


@dataclass(frozen=True, slots=True)
class Metrics:
    """How a tool has fared since the process began. Times in seconds."""

    success_count: int = 0
    error_count: int = 0
    elapsed_total: float = 0.0
    elapsed_last: float = 0.0
    failures_in_a_row: int = 0

    @property
    def elapsed_average(self) -> float:
        runs = self.success_count + self.error_count
        return self.elapsed_total / runs if runs else 0.0

    def after(self, elapsed: float, *, failed: bool) -> Metrics:
        return Metrics(
            success_count=self.success_count + (not failed),
            error_count=self.error_count + failed,
            elapsed_total=self.elapsed_total + elapsed,
            elapsed_last=elapsed,
            failures_in_a_row=self.failures_in_a_row + 1 if failed else 0,
        )


@dataclass(frozen=True, slots=True)
class ToolStatus:
    """A tool as it stands at one moment; `why` says what keeps it from being run."""

    name: str
    availability: Availability = Availability.AVAILABLE
    why: str = ""
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def state(self) -> str:
        """For people: `enabled`, `disabled`, `unavailable` (it could not be set up), or `failing` (not once of late)."""
        if self.availability is not Availability.AVAILABLE:
            return "disabled" if self.availability is Availability.DISABLED else "unavailable"
        return "failing" if self.metrics.failures_in_a_row >= FAILING else "enabled"


class Registry:
    """Tools by name. Safe to use from several threads; what it hands out is frozen."""

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._lock = threading.Lock()
        self._tools: dict[str, Tool] = {}
        self._statuses: dict[str, ToolStatus] = {}
        for tool in tools:
            self.register(tool)

    def register(self, tool: Tool) -> None:
        """Make a tool available. Raises ValueError if its name is taken."""
        with self._lock:
            if tool.name in self._statuses:
                raise ValueError(f"there are two tools named {tool.name}")
            self._tools[tool.name] = tool
            self._statuses[tool.name] = ToolStatus(tool.name)

    def disable(self, name: str, why: str) -> None:
        """The operator does not want it run. Raises UnknownTool."""
        self._become(name, Availability.DISABLED, why)

    def enable(self, name: str) -> None:
        """Undo `disable`. Raises UnknownTool."""
        self._become(name, Availability.AVAILABLE, "")

    def mark_broken(self, name: str, why: str) -> None:
        """A tool that could not be loaded; it is listed, with the reason, and refused."""
        with self._lock:
            known = self._statuses.get(name, ToolStatus(name))
            self._statuses[name] = replace(known, availability=Availability.ERROR, why=why)

    def available(self, name: str) -> Tool:
        """The tool, if it may be run. Raises UnknownTool or ToolUnavailable."""
        status = self._statuses.get(name)
        if status is None:
            raise UnknownTool(f"there is no tool named {name}", fix=f"there are: {', '.join(sorted(self._statuses))}")
        if status.availability is not Availability.AVAILABLE:
            raise ToolUnavailable(f"the tool {name} is switched off ({status.availability}): {status.why}")
        return self._tools[name]

    def record(self, name: str, elapsed: float, *, failed: bool) -> None:
        """Count one run. A name that is no tool is not counted."""
        with self._lock:
            status = self._statuses.get(name)
            if status is not None:
                self._statuses[name] = replace(status, metrics=status.metrics.after(elapsed, failed=failed))

    def snapshot(self) -> Mapping[str, ToolStatus]:
        """All tools as they stand now, by name."""
        with self._lock:
            return dict(sorted(self._statuses.items()))

    def inputs(self) -> Mapping[str, type[BaseModel]]:
        """What each tool takes: for checking a policy."""
        return {name: tool.input_model for name, tool in self._tools.items()}

    def _become(self, name: str, availability: Availability, why: str) -> None:
        with self._lock:
            if name not in self._statuses:
                raise UnknownTool(f"there is no tool named {name}")
            self._statuses[name] = replace(self._statuses[name], availability=availability, why=why)
