"""Copies: outside of git each attempt works in a copy of the folder, and what a success has changed is taken over into it.

Until then nothing of the attempt is in the folder, so a failure or a kill leaves nothing to undo. A batch that was wound down
between two files is no failure: what it has done is taken over, for the next attempt to go on with. Taking over is written
down before it begins: one that was broken off is undone before anybody else begins, or takes over.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bot.holder import is_dead
from bot.workspaces.changed import changes_of, refuse_protected, with_changes
from bot.workspaces.files import copy, is_same, remove
from bot.workspaces.places import SPARE, in_megabytes, remove_tree
from bot.workspaces.refs import Superseded
from bot.workspaces.seeing import Seen, look, stamp
from services.execution.envelope import envelope
from services.execution.operations import BETWEEN_FILES, Ending
from services.execution.tool import Output, ToolFailed
from services.ports import Assignment

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Step:
    """From one state of a folder to another: files that are new or another, and that go; folders that are new, and that go."""

    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @classmethod
    def between(cls, before: Seen, now: Seen) -> _Step:
        return cls(
            [name for name, one in now.files.items() if before.files.get(name) != one],
            [name for name in before.files if name not in now.files],
            sorted(now.folders - before.folders),
            sorted(before.folders - now.folders),
        )

    @property
    def names(self) -> list[str]:
        """Of the files, in order."""
        return sorted([*self.changed, *self.gone])

    def back(self, folder: Path) -> _Step:
        """What undoes it in a folder where it was not done yet."""
        there = {name for name in self.names if stamp(folder / name) is not None}
        return _Step(sorted(there), [name for name in self.names if name not in there], self.left, self.made)

    def take(self, folder: Path, source: Path) -> None:
        """With the files of `source`. Taken twice, or broken off and taken again, it is taken once."""
        for name in self.gone:
            remove(folder / name)
        for name in reversed(self.left):
            with suppress(OSError):  # somebody has put something in, or it is gone already
                (folder / name).rmdir()
        for name in self.changed:
            copy(source / name, folder / name)
        for name in self.made:
            (folder / name).mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class _Note:
    """Whose a copy of `folder` is, and the way back from what is being taken over."""

    holder: str
    folder: str
    back: _Step = field(default_factory=_Step)

    @classmethod
    def read(cls, path: Path) -> _Note:
        """Raises OSError, ValueError, TypeError for one that a crash of the machine has torn."""
        told = json.loads(path.read_text())
        return cls(told["holder"], told["folder"], _Step(**told["back"]))

    def undo(self, aside: Path) -> None:
        if Path(self.folder).is_dir():
            self.back.take(Path(self.folder), aside)


@dataclass(frozen=True, slots=True)
class Copied:
    """One attempt's copy. `original` is what was in `source` when it was made, `fresh` what was in the copy then."""

    folder: str
    copies: Copies
    source: Path
    original: Seen
    fresh: Seen
    assignment: Assignment
    output: Output

    def settle(self, ending: Ending) -> Ending:
        if self.assignment.is_check:
            return ending
        done = _Step.between(self.fresh, self.copies.look(Path(self.folder)))
        changes = changes_of(done.names, self.assignment.phase.paths, self.output)
        ending = with_changes(ending, changes, modified=bool(done.names))
        try:
            if ending.failure is None or BETWEEN_FILES in ending.failure.details:
                refuse_protected(done.names)
                self.copies.take_over(self, done)
        except ToolFailed as error:
            return ending if ending.failure else Ending(envelope(error), ending.result)
        return ending


class Copies:
    """Of whatever folders, kept under `home`. Folders of more than `most` bytes are not copied."""

    def __init__(self, home: Path, holder: str, most: int) -> None:
        self._home = home
        self._place = home / "copies"
        self._holder = holder
        self._most = most
        self._ours: set[str] = set()  # names of notes that need not be read: this process lives

    @contextmanager
    def open(self, folder: Path, assignment: Assignment, output: Output) -> Iterator[Copied]:
        """Raises TooMuch before anything was done, ToolFailed where the disk has no room."""
        place = self._place / f"{assignment.plan}-{assignment.fence}-{assignment.phase.serial}"
        try:
            with self._alone("lock"):
                self._undo_what_was_broken_off()
                original = look(folder, self._home, self._most)
                self._check_room(original.size)
                self._ours.add(f"{place.name}.json")
                self._write(place, _Note(self._holder, str(folder)))
                _fill(place, folder, original)
            yield Copied(str(place), self, folder, original, self.look(place), assignment, output)
        finally:
            self._forget(place)
            self._ours.discard(f"{place.name}.json")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """In the folder itself only one attempt is at work, whatever process it belongs to."""
        with self._alone("turn"):
            yield

    def look(self, folder: Path) -> Seen:
        return look(folder, self._home)

    def take_over(self, of: Copied, done: _Step) -> None:
        """All that the attempt has done, or nothing. Raises ToolFailed: merge_conflict where somebody else has changed the same
        files in another way meanwhile, superseded, not_kept."""
        place, source = Path(of.folder), of.source
        if done == _Step():
            return
        with self._alone("lock"):
            self._undo_what_was_broken_off()
            self._check_newest(of.assignment)
            _check(of, done)
            with self._written_down(place, _Note(self._holder, str(source), done.back(source))):
                done.take(source, place)

    def clean_up(self) -> None:
        """Undo what dead processes have taken over half, and remove their copies."""
        if self._place.is_dir():
            with self._alone("lock"):
                self._undo_what_was_broken_off()

    # ------------------------------------------------------------ inside

    def _undo_what_was_broken_off(self) -> None:
        for path in sorted(one for one in self._place.glob("*.json") if one.name not in self._ours):
            with suppress(OSError, ValueError, TypeError):  # torn by a crash of the machine: left for people
                note = _Note.read(path)
                if is_dead(note.holder):
                    note.undo(path.with_suffix(".undo"))
                    self._forget(path.with_suffix(""))

    def _check_room(self, size: int) -> None:
        free = shutil.disk_usage(self._place).free
        if size + SPARE > free:
            message = f"a copy of {in_megabytes(size)} does not fit: {in_megabytes(free)} are free on the disk"
            raise ToolFailed("disk_budget", message, retryable=True, details={"size": size, "free": free})

    def _check_newest(self, assignment: Assignment) -> None:
        """Raises Superseded while a newer attempt of the phase is at work."""
        others = self._place.glob(f"{assignment.plan}-*-{assignment.phase.serial}.json")
        if any(int(path.stem.split("-")[-2]) > assignment.fence for path in others):
            raise Superseded

    @contextmanager
    def _written_down(self, place: Path, note: _Note) -> Iterator[None]:
        """The way back is there before the first step, and is taken if one fails."""
        aside = place.with_suffix(".undo")
        try:
            for name in note.back.changed:
                copy(Path(note.folder, name), aside / name)
            self._write(place, note)
            try:
                yield
            except OSError:
                note.undo(aside)
                raise
        except OSError as error:
            raise ToolFailed("not_kept", f"the result could not be taken over: {error}", retryable=True) from error

    @contextmanager
    def _alone(self, what: str) -> Iterator[None]:
        self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._place / what).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, place: Path, note: _Note) -> None:
        fresh = place.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(note)))
        fresh.replace(place.with_suffix(".json"))

    def _forget(self, place: Path) -> None:
        """The note first: without it there is nothing to undo."""
        place.with_suffix(".json").unlink(missing_ok=True)
        for one in (place, place.with_suffix(".undo")):
            if one.is_dir():
                remove_tree(one)


def _fill(place: Path, folder: Path, seen: Seen) -> None:
    place.mkdir()
    for name in sorted(seen.folders):
        (place / name).mkdir(parents=True, exist_ok=True)
    for name in seen.files:
        # removed meanwhile; or not for us, so not for the phase either
        with suppress(FileNotFoundError, PermissionError):
            shutil.copy2(folder / name, place / name, follow_symlinks=False)


def _check(of: Copied, done: _Step) -> None:
    """Raises ToolFailed."""
    place, source = Path(of.folder), of.source
    moved = [name for name in done.names if stamp(source / name) != of.original.files.get(name)]
    quarrels = [name for name in moved if not _is_alike(place / name, source / name)]
    if quarrels:
        more = f" and {len(quarrels) - _SHOWN} more" if len(quarrels) > _SHOWN else ""
        message = f"somebody else has changed {', '.join(quarrels[:_SHOWN])}{more} since the phase began"
        raise ToolFailed("merge_conflict", message, details={"files": quarrels[:50]})


def _is_alike(one: Path, other: Path) -> bool:
    return is_same(one, other) or not (os.path.lexists(one) or os.path.lexists(other))
