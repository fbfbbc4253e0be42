"""Checkpoints: a copy of a folder, taken before an attempt works in it, and put back if the attempt fails or dies."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bot.holder import is_dead
from bot.workspaces.changed import with_changes
from bot.workspaces.files import copy as copy_file
from bot.workspaces.files import is_same, remove, remove_empty
from bot.workspaces.git import named
from services.domain.attempts import Changes
from services.execution.operations import Ending
from services.execution.tool import Output, ToolFailed
from services.ports import Assignment

_NEVER = frozenset({".git"})


@dataclass(frozen=True, slots=True)
class _Note:
    holder: str
    folder: str


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """The folder itself, with the way back."""

    folder: str
    checkpoints: Checkpoints
    copy: Path
    output: Output

    def settle(self, ending: Ending) -> Ending:
        names = self.checkpoints.changed(Path(self.folder), self.copy)
        ending = with_changes(ending, Changes(files=len(names), names=named(names)))
        if ending.failure is None:
            return ending
        self.checkpoints.put_back(Path(self.folder), self.copy)
        self.output.write(b"the folder is as it was before\n")
        details = {**ending.failure.details, "rolled_back": True}
        return replace(ending, failure=replace(ending.failure, details=details))


class Checkpoints:
    """Of one folder. Attempts that have one work in it one after the other: what is put back is one attempt's alone."""

    def __init__(self, home: Path, holder: str, budget: int) -> None:
        self._home = home
        self._place = home / "checkpoints"
        self._holder = holder
        self._budget = budget
        self._turn = threading.Lock()

    @contextmanager
    def open(self, folder: Path, assignment: Assignment, output: Output) -> Iterator[Checkpointed]:
        """Raises ToolFailed where the copy does not fit."""
        with self._turn:
            copy = self._place / f"{assignment.plan}-{assignment.fence}-{assignment.phase.serial}"
            self._take(folder, copy)
            try:
                yield Checkpointed(str(folder), self, copy, output)
            finally:
                self._forget(copy)

    def clean_up(self) -> None:
        """Put back what attempts of dead processes have left half done. What stands there now is kept beside, not lost."""
        for path in sorted(self._place.glob("*.json")):
            note = _read(path)
            if note is None or not is_dead(note.holder):
                continue
            copy = path.with_suffix("")
            if Path(note.folder).is_dir():
                self.put_back(Path(note.folder), copy, aside=self._place / "replaced" / copy.name)
            self._forget(copy)
        for half in self._place.glob("*.new"):
            if not half.with_suffix(".json").exists():
                shutil.rmtree(half, ignore_errors=True)

    def _take(self, folder: Path, copy: Path) -> None:
        """The note is written last: a copy without one was never finished, and nothing was begun."""
        size = sum((folder / name).lstat().st_size for name in self._files(folder))
        self._place.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._place).free
        if size > min(self._budget, free):
            message = f"a copy of {folder} takes {size:,} bytes, more than PHASEBOT_WORKTREES_MB or the disk allow"
            raise ToolFailed("disk_budget", message, details={"size": size, "free": free})
        fresh = copy.with_name(f"{copy.name}.new")
        fresh.mkdir()
        for name in self._files(folder):
            copy_file(folder / name, fresh / name)
        fresh.replace(copy)
        note = copy.with_name(f"{copy.name}.note")
        note.write_text(json.dumps(asdict(_Note(self._holder, str(folder)))))
        note.replace(copy.with_name(f"{copy.name}.json"))

    def put_back(self, folder: Path, copy: Path, aside: Path | None = None) -> None:
        """File by file, only what differs. Done twice it is done once, so one that was broken off is simply done again."""
        kept = set(self._files(copy))
        for name in self._files(folder):
            place = folder / name
            if name in kept and is_same(place, copy / name):
                continue
            if aside is not None:
                copy_file(place, aside / name)
            if name not in kept:
                remove(place)
                remove_empty(place.parent, folder)
        for name in kept:
            if not is_same(folder / name, copy / name):
                copy_file(copy / name, folder / name)

    def changed(self, folder: Path, copy: Path) -> list[str]:
        """The files that are not as they were, in the order of their names."""
        kept, now = set(self._files(copy)), set(self._files(folder))
        return sorted((kept ^ now) | {name for name in kept & now if not is_same(folder / name, copy / name)})

    def _files(self, folder: Path) -> Iterator[str]:
        """All of them, links as well, by their paths within the folder; not git's, and not our own."""
        for at, folders, names in os.walk(folder):
            here = Path(at)
            links = [name for name in folders if (here / name).is_symlink()]
            folders[:] = [name for name in folders if name not in _NEVER and here / name != self._home]
            paths = (here / name for name in (*names, *links))
            yield from (str(path.relative_to(folder)) for path in paths if path.is_symlink() or path.is_file())

    def _forget(self, copy: Path) -> None:
        copy.with_name(f"{copy.name}.json").unlink(missing_ok=True)
        shutil.rmtree(copy, ignore_errors=True)


def _read(path: Path) -> _Note | None:
    """None for one that a crash of the machine has torn: its copy is left for people."""
    try:
        return _Note(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
