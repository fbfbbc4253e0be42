"""The log of an attempt, or of a job: its output as a file, without secrets and of a bounded size."""

from __future__ import annotations

import re
import threading
from collections import deque
from pathlib import Path
from typing import BinaryIO

from services.execution.redaction import Redactor

HEAD = 10 * 1024 * 1024
TAIL = 256 * 1024
_SHOWN = 4000


def log_path(log_dir: Path, plan: str, phase: str, fence: int) -> Path:
    """Where the output of an attempt is kept."""
    return log_dir / safe_name(plan) / f"{fence}-{safe_name(phase)}.log"


JOBS = "jobs"
"""Stands in the place of a plan where something belongs to a job; no plan has such an id."""


def job_log_path(log_dir: Path, job: str) -> Path:
    """Where the output of a job is kept."""
    return log_path(log_dir, JOBS, job, 0)


class AttemptLog:
    """Opened with the first output. The beginning goes to the file as it comes; past `head` bytes only the end is kept.

    Files of one operation may be worked on by several threads, which all write here; what comes after `close` is not kept.
    """

    def __init__(self, path: Path, redactor: Redactor, *, head: int = HEAD) -> None:
        self.path = path
        self._stream = redactor.stream()
        self._room = head
        self._file: BinaryIO | None = None
        self._end = _Ring(TAIL)
        self._left_out = 0
        self._is_closed = False
        self._lock = threading.Lock()

    @property
    def location(self) -> str:
        return str(self.path)

    def write(self, chunk: bytes) -> None:
        with self._lock:
            if not self._is_closed:
                self._keep(self._stream.feed(chunk))

    def tail(self) -> str:
        """The last lines, with the one that is not complete."""
        with self._lock:
            return (self._end.last(_SHOWN) + self._stream.held())[-_SHOWN:].decode("utf-8", "replace")

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            try:
                self._keep(self._stream.finish())
                if self._file is not None:
                    self._write_end(self._file)
            finally:
                if self._file is not None:
                    self._file.close()

    def _keep(self, clean: bytes) -> None:
        if not clean:
            return
        self._end.add(clean)
        now, later = clean[: self._room], clean[self._room :]
        if now:
            file = self._open()
            file.write(now)
            file.flush()  # whoever follows the log sees it as it comes
            self._room -= len(now)
        self._left_out += len(later)

    def _write_end(self, file: BinaryIO) -> None:
        if self._left_out:
            end = self._end.last(min(TAIL, self._left_out))
            note = f"\n[… {self._left_out - len(end)} bytes left out …]\n" if self._left_out > len(end) else ""
            file.write(note.encode() + end)

    def _open(self) -> BinaryIO:
        if self._file is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = self.path.open("wb")
        return self._file


class _Ring:
    """The last bytes of many."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._chunks: deque[bytes] = deque()
        self._length = 0

    def add(self, chunk: bytes) -> None:
        self._chunks.append(chunk[-self._size :])
        self._length += len(self._chunks[-1])
        while self._length - len(self._chunks[0]) >= self._size:
            self._length -= len(self._chunks.popleft())

    def last(self, count: int) -> bytes:
        return b"".join(self._chunks)[-count:]


def safe_name(name: str) -> str:
    """As one part of a path."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:80] or "_"
