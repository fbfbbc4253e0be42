"""The workspace port: where the work of an attempt happens, and what becomes of what it leaves there."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from services.execution.operations import Ending
from services.execution.tool import Output
from services.ports import Assignment


class Workspace(Protocol):
    """The place of one attempt, with what the phases before it have brought."""

    @property
    def folder(self) -> str: ...

    def settle(self, ending: Ending) -> Ending:
        """Keep what a success has left, throw away what a failure has. What could not be kept is no success."""


class Workspaces(Protocol):
    """Makes the places."""

    def open(self, assignment: Assignment, output: Output) -> AbstractContextManager[Workspace]:
        """There until the end of the context. Raises UserError, ToolFailed."""

    def clean_up(self) -> None:
        """Remove what processes that are dead by now have left behind. To be called before the first `open`."""
