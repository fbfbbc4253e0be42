"""Unified diffs: from what git says between two commits to files with their lines, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

MOST_FILES = 300
MOST_LINES = 5000
LONGEST_LINE = 1000
"""More of a diff than that is for programs: a line is cut, files past it are only named, and the rest is left out."""

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class FileChange(StrEnum):
    """What became of a file."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"


class LineKind(StrEnum):
    """What became of a line. GAP begins another part of the file, NOTE is said by git."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"
    GAP = "gap"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`old` and `new` are its numbers before and after; None where it is not."""

    kind: LineKind
    text: str
    old: int | None = None
    new: int | None = None


@dataclass(slots=True)
class FileDiff:
    """One file. `was` is its name before, where that is another. A binary one has no lines."""

    path: str
    was: str = ""
    change: FileChange = FileChange.CHANGED
    is_binary: bool = False
    added: int = 0
    removed: int = 0
    lines: list[DiffLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Diff:
    """`is_cut`: there is more than is shown."""

    files: list[FileDiff]
    is_cut: bool = False


def read_diff(text: str, *, is_cut: bool = False) -> Diff:
    """Never fails: what is no diff has no files. `is_cut`: the text is only its beginning."""
    files: list[FileDiff] = []
    shown = 0
    for part in _parts(text):
        if len(files) == MOST_FILES:
            return Diff(files, is_cut=True)
        file = _file(part, MOST_LINES - shown)
        shown += len(file.lines)
        is_cut = is_cut or len(file.lines) < file.added + file.removed
        files.append(file)
    return Diff(files, is_cut)


def _parts(text: str) -> Iterator[list[str]]:
    """The lines of each file. Only git's own headings begin with this word: lines of files have a sign before them."""
    part: list[str] = []
    for line in text.split("\n"):
        if line.startswith("diff --git "):
            if part:
                yield part
            part = [line]
        elif part:
            part.append(line)
    if part:
        yield part


def _file(part: list[str], room: int) -> FileDiff:
    file = FileDiff(_name_in_heading(part[0]))
    at = next((n for n, line in enumerate(part) if line.startswith("@@ ")), len(part))
    for line in part[1:at]:
        _header(file, line)
    _body(file, part[at:], room)
    return file


def _name_in_heading(line: str) -> str:
    """`diff --git a/name b/name`: both are the same where nothing below says otherwise."""
    said = line.removeprefix("diff --git ")
    if said.startswith('"'):
        return _unquoted(said[: len(said) // 2])[2:]
    return said[: len(said) // 2][2:]


def _header(file: FileDiff, line: str) -> None:
    word, _, value = line.partition(" ")
    if line.startswith("new file mode"):
        file.change = FileChange.ADDED
    elif line.startswith("deleted file mode"):
        file.change = FileChange.REMOVED
    elif line.startswith(("rename from ", "copy from ")):
        file.change, file.was = FileChange.RENAMED, _unquoted(line.split(" ", 2)[2])
    elif line.startswith(("rename to ", "copy to ")):
        file.path = _unquoted(line.split(" ", 2)[2])
    elif line.startswith(("Binary files ", "GIT binary patch")):
        file.is_binary = True
    elif word in ("---", "+++") and (name := _unquoted(value.rstrip("\t"))) != "/dev/null":
        file.path = name[2:]


def _body(file: FileDiff, lines: list[str], room: int) -> None:
    old = new = 0
    for line in lines:
        sign, text = line[:1], _cut(line[1:])
        said: DiffLine | None = None
        if hunk := _HUNK.match(line):
            old, new = int(hunk[1]), int(hunk[2])
            said = DiffLine(LineKind.GAP, _cut(line))
        elif sign == "+":
            said, new, file.added = DiffLine(LineKind.ADDED, text, None, new), new + 1, file.added + 1
        elif sign == "-":
            said, old, file.removed = DiffLine(LineKind.REMOVED, text, old, None), old + 1, file.removed + 1
        elif sign == " ":
            said, old, new = DiffLine(LineKind.KEPT, text, old, new), old + 1, new + 1
        elif line:
            said = DiffLine(LineKind.NOTE, _cut(line.removeprefix("\\ ")))
        if said is not None and len(file.lines) < room:
            file.lines.append(said)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}…"


def _unquoted(name: str) -> str:
    """Names with quotes, backslashes or control signs are written as in C."""
    if not name.startswith('"'):
        return name
    raw, rest = bytearray(), name[1:].removesuffix('"')
    at = 0
    while at < len(rest):
        letter = rest[at]
        if letter != "\\":
            raw += letter.encode("utf-8", "surrogateescape")
            at += 1
        elif octal := re.match(r"[0-7]{3}", rest[at + 1 :]):
            raw.append(int(octal[0], 8) & 0xFF)
            at += 4
        else:
            raw += _ESCAPES.get(rest[at + 1 : at + 2], rest[at + 1 : at + 2]).encode()
            at += 2
    return raw.decode("utf-8", "replace")
