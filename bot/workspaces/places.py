"""Places: the folders of worktrees, each with a note of whose it is, so that a successor can remove what was left."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.holder import is_dead
from bot.workspaces.git import Git
from bot.workspaces.locking import alone_in
from services.execution.tool import ToolFailed

MEGABYTE = 1024 * 1024
SPARE = 100 * MEGABYTE
"""What is left free on the disk, whatever the budget says."""


@dataclass(frozen=True, slots=True)
class _Note:
    holder: str
    repository: str
    size: int


class Places:
    """The worktrees under one folder. `budget` is how many bytes they may take in all. Safe to use from several threads."""

    def __init__(self, folder: Path, holder: str, budget: int) -> None:
        self._folder = folder
        self._holder = holder
        self._budget = budget
        self._lock = threading.Lock()

    @contextmanager
    def worktree(self, git: Git, common: Path, name: str, commit: str) -> Iterator[Git]:
        """Git in a new work tree that has this commit and no branch; it is gone at the end of the context. `common` is what
        all work trees of the repository share, resolved.

        Raises ToolFailed, also where the disk has no room for it.
        """
        place = self._folder / name
        with self._lock:
            self._note(place, common, _size(git, commit))
        try:
            with alone_in(common, git) as alone, self._lock:
                alone.ask("worktree", "add", "--detach", "--force", str(place), commit)
            directory = Path((place / ".git").read_text().removeprefix("gitdir: ").strip())
            yield git.in_worktree(place, directory)
        finally:
            with alone_in(common, git) as alone, self._lock:
                self._remove(place, alone)

    def clean_up(self) -> None:
        """Remove those whose process is dead, and the locks it may have left on refs of ours."""
        notes = {path: note for path in sorted(self._folder.glob("*.json")) if (note := _read(path))}
        in_use = {note.repository for note in notes.values() if not is_dead(note.holder)}
        for path, note in notes.items():
            if not is_dead(note.holder):
                continue
            repository = Path(note.repository)
            if repository.is_dir():
                if note.repository not in in_use:
                    _remove_locks(repository)
                with (
                    suppress(ToolFailed),  # git refuses, or is gone: tried again at the next start
                    alone_in(repository, Git(repository)) as git,
                ):
                    self._remove(path.with_suffix(""), git)
            else:
                remove_tree(path.with_suffix(""))
                path.unlink(missing_ok=True)

    def _note(self, place: Path, common: Path, size: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / ".gitignore").write_text("*\n")  # where it lies within a repository, that does not see it
        taken = sum(note.size for path in self._folder.glob("*.json") if (note := _read(path)))
        free = shutil.disk_usage(self._folder).free
        if taken + size > self._budget or size + SPARE > free:
            raise _no_room(size, self._budget - taken, free)
        fresh = self._folder / f"{place.name}.new"
        fresh.write_text(json.dumps(asdict(_Note(self._holder, str(common), size))))
        fresh.replace(self._folder / f"{place.name}.json")

    def _remove(self, place: Path, git: Git) -> None:
        """The files first: then git does not mind in what state they are."""
        remove_tree(place)
        git.try_to("worktree", "remove", "--force", "--force", str(place))
        self._folder.joinpath(f"{place.name}.json").unlink(missing_ok=True)


def _no_room(size: int, left: int, free: int) -> ToolFailed:
    message = (
        f"a worktree of {in_megabytes(size)} does not fit: {in_megabytes(max(0, left))} are left of the budget "
        f"(PHASEBOT_WORKTREES_MB), {in_megabytes(free)} on the disk"
    )
    return ToolFailed("disk_budget", message, retryable=True, details={"size": size, "left": left, "free": free})


def in_megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.1f} MB"


def _size(git: Git, commit: str) -> int:
    """Bytes of the files of a commit."""
    lines = git.ask("ls-tree", "-r", "-z", "--long", "--full-tree", commit).split("\0")
    sizes = (line.partition("\t")[0].split()[-1] for line in lines if line)
    return sum(int(size) for size in sizes if size.isdigit())


def _read(path: Path) -> _Note | None:
    try:
        return _Note(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None  # gone by now, or torn by a crash of the disk


def _remove_locks(repository: Path) -> None:
    """Of refs of ours alone: others may be in use."""
    for root in ("refs/phasebot", "refs/heads/phasebot"):
        for lock in repository.glob(f"{root}/**/*.lock"):
            lock.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Also what was made read-only."""

    def allow(remove: Callable[..., Any], path: str, _: object) -> None:
        with suppress(OSError):  # it stays then, and git keeps its name for it
            Path(path).parent.chmod(stat.S_IRWXU)
            if not os.path.islink(path):
                Path(path).chmod(stat.S_IRWXU)
            remove(path)

    shutil.rmtree(folder, onerror=allow)
