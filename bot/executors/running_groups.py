"""The process groups that run for attempts, written down so that a successor can end what a dead process left behind."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
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


class RunningGroups:
    """The note of one attempt: a file while it has groups running, nothing otherwise."""

    def __init__(self, folder: Path, attempt: Orphan, owner: ProcessId) -> None:
        self._folder = folder
        self._attempt = attempt
        self._owner = owner
        self._groups: dict[int, ProcessId] = {}

    def started(self, pid: int) -> None:
        with suppress(psutil.NoSuchProcess):
            self._groups[pid] = ProcessId.of(pid)
        self._write()

    def ended(self, pid: int) -> None:
        self._groups.pop(pid, None)
        self._write()

    def _write(self) -> None:
        path = self._folder / f"{safe_name(self._attempt.plan)}-{self._attempt.fence}.json"
        if not self._groups:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        groups = [asdict(group) for group in self._groups.values()]
        note = {"attempt": asdict(self._attempt), "owner": asdict(self._owner), "groups": groups}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(note))
        fresh.replace(path)


def reap(folder: Path) -> list[Orphan]:
    """Kill the groups whose owner is dead, and say whose they were."""
    return [orphan for path in sorted(folder.glob("*.json")) if (orphan := _reap(path)) is not None]


def _reap(path: Path) -> Orphan | None:
    try:
        note = json.loads(path.read_text())
        owner, groups = ProcessId(**note["owner"]), [ProcessId(**group) for group in note["groups"]]
        orphan = Orphan(**note["attempt"])
    except FileNotFoundError:
        return None  # its owner lives, and was quicker
    if owner.is_alive:
        return None
    for group in groups:
        if group.is_alive:
            with suppress(ProcessLookupError):
                os.killpg(group.pid, signal.SIGKILL)
    for stray in _strays(orphan):
        with suppress(psutil.Error):
            stray.kill()
    path.unlink(missing_ok=True)
    return orphan


def _strays(orphan: Orphan) -> list[psutil.Process]:
    """Those whose group has lost its first process, or who have left it: told by the attempt's variables."""
    ours = {"PHASEBOT_PLAN": orphan.plan, "PHASEBOT_PHASE": orphan.phase, "PHASEBOT_FENCE": str(orphan.fence)}
    return [process for process in psutil.process_iter() if ours.items() <= _environ(process).items()]


def _environ(process: psutil.Process) -> dict[str, str]:
    with suppress(psutil.Error, OSError):
        return dict(process.environ())
    return {}
