"""Matching: the files of a workspace that a glob means, for operations that are repeated for each of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from services.execution.batch import Progress, Told
from services.execution.tool import ToolFailed
from services.execution.workers import resolve_workers

_NEVER = frozenset({".git", ".phasebot"})


def matching(workspace: Path, glob: str) -> list[str]:
    """Paths relative to the workspace, sorted. Nothing outside of it, whatever links say, and nothing of git's own.

    Raises ToolFailed for a glob that leads out.
    """
    if glob.startswith("/") or ".." in Path(glob).parts:
        raise ToolFailed("bad_glob", f"{glob} leads out of the workspace")
    return sorted(_found(workspace, glob))


def _found(workspace: Path, glob: str) -> Iterator[str]:
    root = workspace.resolve()
    for path in workspace.glob(glob):
        inside = path.relative_to(workspace)
        if path.is_file() and not _NEVER & set(inside.parts) and path.resolve().is_relative_to(root):
            yield inside.as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """How many files are worked on at once: `asked` on the command line, else as the operation says, else `usual`."""

    asked: int | None = None
    usual: int = 2
    cap: int | None = None
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)

    def workers(self, operation: int | None) -> tuple[int, str | None]:
        """The number, and a warning where it is less than was wanted."""
        return resolve_workers(self.asked, operation, cores=self.cores, default=self.usual, cap=self.cap)


@dataclass(frozen=True, slots=True)
class WorkspaceFiles:
    """The files of one attempt's workspace."""

    workspace: Path
    crew: Crew
    hears: Told

    def matching(self, glob: str) -> list[str]:
        return matching(self.workspace, glob)

    def workers(self, wanted: int | None) -> tuple[int, str | None]:
        return self.crew.workers(wanted)

    def told(self, progress: Progress) -> None:
        self.hears(progress)
