"""The feed: one reader of the audit trail for all who follow. It reads only while somebody does."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.bootstrap import Phasebot
from bot.store.records import Change
from bot.web.live.wire import framed
from services.domain.errors import StorageUnavailable, TransientError

log = structlog.get_logger()

MOST_FOLLOWERS = 1000
MOST_WAITING = 256 * 1024
"""Bytes that may wait for one follower; who falls behind further is sent away, and comes back when it can."""

_TOGETHER = 0.02
"""Seconds that changes are gathered, so that a burst of commits is one reading."""

_REST = 40
"""After telling, so many times as long nothing is told: whatever goes on, and however many follow, those who work are held
up by little more than two seconds in a hundred. What happens after some quiet is told at once."""

_LONGEST_REST = 1.0

_LOOK = 1.0
"""Seconds after which the reader looks by itself: another process on the same SQLite tells nobody of its commits."""

_PAGE = 1000


@dataclass(slots=True)
class ToldJob:
    """All that happened to one job, in one message. `seq` is where a follower goes on."""

    seq: int
    project: str
    job: str
    kinds: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"seq": self.seq, "project": self.project, "job": self.job, "kinds": self.kinds}


@dataclass(slots=True)
class Told:
    """The same for a plan."""

    seq: int
    project: str
    plan: str
    version: int
    phases: dict[str, str] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        phases = [{"queue_id": id, "status": status} for id, status in self.phases.items()]
        return {
            "seq": self.seq,
            "project": self.project,
            "plan": self.plan,
            "version": self.version,
            "phases": phases,
            "kinds": self.kinds,
        }


def told(changes: Iterable[Change]) -> list[Told | ToldJob]:
    """One for each plan and job, in the order of their last changes."""
    found: dict[str, Told | ToldJob] = {}
    for change in changes:
        about = change.job or change.plan
        one = found.pop(about, None) or _nothing_yet(change)
        one.seq = change.seq
        if isinstance(one, Told):
            one.version = change.version or 0
            if change.queue_id is not None and change.status is not None:
                one.phases[change.queue_id] = change.status
        if change.kind not in one.kinds:
            one.kinds.append(change.kind)
        found[about] = one
    return list(found.values())


def _nothing_yet(change: Change) -> Told | ToldJob:
    if change.job:
        return ToldJob(change.seq, change.project, change.job)
    return Told(change.seq, change.project, change.plan, change.version or 0)


def as_lists(batch: Sequence[Told | ToldJob]) -> dict[str, list[dict[str, Any]]]:
    """`changes` of plans, and `jobs`."""
    return {
        "changes": [one.as_json() for one in batch if isinstance(one, Told)],
        "jobs": [one.as_json() for one in batch if isinstance(one, ToldJob)],
    }


@dataclass(frozen=True, slots=True)
class Frame:
    """What goes over the wire at once, the same to everybody. `seq`: everything up to there has been told with it."""

    seq: int
    wire: bytes

    @classmethod
    def of(cls, type: str, seq: int, **more: Any) -> Frame:
        return cls(seq, framed(json.dumps({"type": type, "seq": seq, **more}, separators=(",", ":"))))


def frame_for(batch: Sequence[Told | ToldJob], projects: frozenset[str] | None) -> Frame | None:
    """Those changes that somebody may see; None if there are none."""
    seen = [one for one in batch if projects is None or one.project in projects]
    if not seen:
        return None
    return Frame.of("changes", max(one.seq for one in seen), **as_lists(seen))


class Follower:
    """Somebody who follows. `projects` None: all. `is_behind`: more has happened than is kept for one who does not read.
    To be used on the server's event loop."""

    def __init__(self, projects: frozenset[str] | None, wire: asyncio.Transport) -> None:
        self.projects = projects
        self.is_behind = asyncio.Event()
        self._wire = wire
        self._last = -1
        self._waiting: list[Frame] | None = []

    def begin(self, last: int) -> None:
        """Everything up to `last` has been told; the rest is written as it comes."""
        waiting, self._waiting, self._last = self._waiting or [], None, last
        for frame in waiting:
            self.put(frame)

    def put(self, frame: Frame) -> None:
        if self._waiting is not None:
            self._waiting.append(frame)
        elif self._wire.get_write_buffer_size() > MOST_WAITING:
            self.is_behind.set()
        elif frame.seq > self._last and not self._wire.is_closing():
            self._wire.write(frame.wire)


class Feed:
    """One for a server. Followers live on the server's event loop, the reader in a thread."""

    def __init__(self, phasebot: Phasebot) -> None:
        self._records = phasebot.store.records
        self._phasebot = phasebot
        self._changed = threading.Event()
        self._announcements = phasebot.store.announcements(self._changed.set)
        self._forget = phasebot.watch(lambda _: self._changed.set())
        self._followers: set[Follower] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._last = 0
        self._spent = 0.0
        self._begin_at: int | None = None

    def is_full(self) -> bool:
        return len(self._followers) >= MOST_FOLLOWERS

    def follow(self, follower: Follower, newest: int) -> None:
        """All after `newest`, which was just read. To be called on the server's event loop."""
        if not self._followers:
            self._begin_at = newest
        self._followers.add(follower)
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._announcements.start()
            self._thread = threading.Thread(target=self._run, name="live feed", daemon=True)
            self._thread.start()
        self._changed.set()

    def leave(self, follower: Follower) -> None:
        self._followers.discard(follower)

    def close(self) -> None:
        self._stopped.set()
        self._changed.set()
        self._forget()
        self._announcements.stop()
        if self._thread is not None:
            self._thread.join()

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        rested_at = 0.0
        while not self._stopped.is_set():
            self._changed.wait(_LOOK)
            if self._stopped.wait(max(_TOGETHER, rested_at - time.monotonic())):
                return
            self._changed.clear()
            if self._followers:
                began = time.thread_time()
                self._tell()
                spent = time.thread_time() - began + self._spent
                rested_at = time.monotonic() + min(_REST * spent, _LONGEST_REST)

    def _tell(self) -> None:
        if (begin_at := self._begin_at) is not None:  # nobody followed for a while
            self._begin_at, self._last = None, max(self._last, begin_at)
        while changes := self._reading(lambda: self._records.changes(self._last, _PAGE), []):
            self._last = changes[-1].seq
            self._spread(told(changes))
            if len(changes) < _PAGE:
                return

    def _reading(self, read: Any, otherwise: Any) -> Any:
        try:
            return read()
        except (StorageUnavailable, TransientError) as error:
            log.warning("live_feed_waits", error=str(error))
            return otherwise

    def _spread(self, batch: list[Told | ToldJob]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._hand_out, batch)
        except RuntimeError:  # the server has ended, and its loop with it
            self._stopped.set()

    def _hand_out(self, batch: list[Told | ToldJob]) -> None:
        """Encoded once for all who may see the same."""
        began = time.thread_time()
        frames: dict[frozenset[str] | None, Frame | None] = {}
        for follower in tuple(self._followers):
            if follower.projects not in frames:
                frames[follower.projects] = frame_for(batch, follower.projects)
            if frame := frames[follower.projects]:
                follower.put(frame)
        assert self._loop is not None
        self._loop.call_soon(self._handed_out, began)  # by then what was written is in the hands of the system

    def _handed_out(self, began: float) -> None:
        self._spent = time.thread_time() - began
