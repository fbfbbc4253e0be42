"""Seeing: what is in a folder, and what has become another since, without reading the files."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.workspaces.places import in_megabytes

_OURS = frozenset({"attempts", "checkpoints", "copies", "repositories", "worktrees"})
"""What is kept beside the database."""
_WAL = "-wal"
"""Ends the name of the file beside an SQLite database that is in use. https://sqlite.org/wal.html"""

Stamp = tuple[int, int, int]
"""Size, time of change and mode: another one after whatever was done to a file, the same for a copy of it."""


class TooMuch(Exception):
    """A folder is more than was asked for; it says why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """By their paths in the folder: its files and links, and its folders."""

    files: Mapping[str, Stamp]
    folders: frozenset[str]

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(one[0] for one in self.files.values())


def look(folder: Path, home: Path, most: int | None = None) -> Seen:
    """At all but our own `home`, which may lie in the folder or be it. Links are not followed; what is neither a file nor a
    link nor a folder (a socket) is left out.

    Raises TooMuch where `most` is given, and there are more bytes than that, or other file systems in it.
    """
    device, size = folder.stat().st_dev, 0
    files: dict[str, Stamp] = {}
    folders: set[str] = set()
    for at, within, names in os.walk(folder):
        here = Path(at)
        ours = _ours(names) if here == home else frozenset()
        links = [name for name in within if (here / name).is_symlink()]
        within[:] = [name for name in within if name not in links and name not in ours and here / name != home]
        found = dict(_stamped(here, [name for name in (*names, *links) if name not in ours]))
        files.update({str((here / name).relative_to(folder)): one for name, one in found.items()})
        folders.update(str((here / name).relative_to(folder)) for name in within)
        size += sum(one[0] for one in found.values())
        if most is not None and size > most:
            raise TooMuch(f"takes more than {in_megabytes(most)} (PHASEBOT_COPY_MB)")
        if most is not None and here.stat().st_dev != device:
            raise TooMuch("has other file systems in it")
    return Seen(files, frozenset(folders))


def stamp(path: Path) -> Stamp | None:
    """None where there is neither a file nor a link."""
    with suppress(FileNotFoundError, NotADirectoryError):
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode):
            return found.st_size, found.st_mtime_ns, found.st_mode
    return None


def _stamped(here: Path, names: Collection[str]) -> Iterator[tuple[str, Stamp]]:
    return ((name, found) for name in names if (found := stamp(here / name)) is not None)


def _ours(names: Collection[str]) -> frozenset[str]:
    """What in our home is not a phase's: the database that is in use as well."""
    databases = [name.removesuffix(_WAL) for name in names if name.endswith(_WAL)]
    return _OURS.union(*((one, f"{one}{_WAL}", f"{one}-shm") for one in databases))
