"""The process groups that run for attempts, written down so that a successor can end what a dead process left behind."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bot.executors.attempt_log import safe_name

_SAME = 1.0
"""Seconds by which two readings of a start time may differ; an id is not used again as quickly as that."""


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process that cannot be mistaken for a later one with the same id."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """Raises psutil.Error if there is none."""
        return cls(pid, psutil.Process(pid).create_time())

    @property
    def name(self) -> str:
        return f"{self.pid}-{self.started:.2f}"

    @property
    def is_alive(self) -> bool:
        try:
            return abs(psutil.Process(self.pid).create_time() - self.started) < _SAME
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True, slots=True)
class Orphan:
    """An attempt whose process groups outlived the process that ran it. They have been killed."""

    plan: str
    phase: str
    fence: int

    def variables(self, owner: ProcessId) -> dict[str, str]:
        """Those of its processes, by which a successor of `owner` knows what belongs to it."""
        return {
            "PHASEBOT_HOLDER": owner.name,
            "PHASEBOT_PLAN": self.plan,
            "PHASEBOT_PHASE": self.phase,
            "PHASEBOT_FENCE": str(self.fence),
        }


class RunningGroups:
    """The note of one attempt: a file while it has groups running, nothing otherwise. Safe to use from several threads.

    It is written before the group starts and again with the group's id: whenever we are killed, a successor knows.
    """

    def __init__(self, folder: Path, attempt: Orphan, owner: ProcessId) -> None:
        self._folder = folder
        self._attempt = attempt
        self._owner = owner
        self._lock = threading.Lock()
        self._running: dict[object, list[ProcessId]] = {}

    @contextmanager
    def watch(self) -> Iterator[Callable[[int], None]]:
        place = object()
        self._note(place, [])
        try:
            yield lambda pid: self._note(place, _known(pid))
        finally:
            self._note(place, None)

    def _note(self, place: object, groups: list[ProcessId] | None) -> None:
        """None: it has ended."""
        with self._lock:
            self._running.pop(place, None)
            if groups is not None:
                self._running[place] = groups
            if self._running:
                self._write([one for running in self._running.values() for one in running])
            else:
                self._path.unlink(missing_ok=True)

    @property
    def _path(self) -> Path:
        plan, phase = safe_name(self._attempt.plan), safe_name(self._attempt.phase)
        return self._folder / f"{plan}-{phase}-{self._attempt.fence}.json"

    def _write(self, groups: list[ProcessId]) -> None:
        path = self._path
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(_Note(self._attempt, self._owner, groups))))
        fresh.replace(path)


def _known(pid: int) -> list[ProcessId]:
    """Nothing, if it has ended already."""
    with suppress(psutil.NoSuchProcess):
        return [ProcessId.of(pid)]
    return []


def reap(folder: Path) -> list[Orphan]:
    """Kill the groups whose owner is dead, and say whose they were."""
    return [orphan for path in sorted(folder.glob("*.json")) if (orphan := _reap(path)) is not None]


def _reap(path: Path) -> Orphan | None:
    note = _read(path)
    if note is None or note.owner.is_alive:
        return None
    for group in note.groups:
        if group.is_alive:
            with suppress(ProcessLookupError):
                os.killpg(group.pid, signal.SIGKILL)
    for stray in _strays(note):
        with suppress(psutil.Error):
            stray.kill()
    path.unlink(missing_ok=True)
    return note.attempt


@dataclass(frozen=True, slots=True)
class _Note:
    attempt: Orphan
    owner: ProcessId
    groups: list[ProcessId]


def _read(path: Path) -> _Note | None:
    try:
        note = json.loads(path.read_text())
        groups = [ProcessId(**group) for group in note["groups"]]
        return _Note(Orphan(**note["attempt"]), ProcessId(**note["owner"]), groups)
    except FileNotFoundError:
        return None  # its owner lives, and was quicker
    except (ValueError, KeyError, TypeError):
        path.unlink(missing_ok=True)  # a disk that lost what was written: nothing can be learned from it
        return None


def _strays(note: _Note) -> list[psutil.Process]:
    """Those whose group has lost its first process, or who have left it: told by the attempt's variables."""
    ours = note.attempt.variables(note.owner)
    return [process for process in psutil.process_iter() if ours.items() <= _environ(process).items()]


def _environ(process: psutil.Process) -> dict[str, str]:
    with suppress(psutil.Error, OSError):
        return dict(process.environ())
    return {}
