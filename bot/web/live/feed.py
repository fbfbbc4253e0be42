"""The feed: one reader of the audit trail for all who follow. It reads only while somebody does."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.bootstrap import Phasebot
from bot.store.records import Change
from services.domain.errors import StorageUnavailable, TransientError

log = structlog.get_logger()

MOST_FOLLOWERS = 1000
QUEUE = 256
"""Frames that may wait for one follower; who falls behind further is sent away, and comes back when it can."""

_TOGETHER = 0.02
"""Seconds that changes are gathered, so that a burst of commits is one reading."""

_FOR_EACH = 0.0005
"""Seconds more that they are gathered for each follower: whoever works is held up by one frame to each, now and then."""

_LOOK = 1.0
"""Seconds after which the reader looks by itself: another process on the same SQLite tells nobody of its commits."""

_PAGE = 1000


@dataclass(slots=True)
class Told:
    """All that happened to one plan, in one message. `seq` is where a follower goes on."""

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


def told(changes: Iterable[Change]) -> list[Told]:
    """One for each plan, in the order of their last changes."""
    found: dict[str, Told] = {}
    for change in changes:
        one = found.pop(change.plan, None) or Told(change.seq, change.project, change.plan, change.version)
        one.seq, one.version = change.seq, change.version
        if change.queue_id is not None and change.status is not None:
            one.phases[change.queue_id] = change.status
        if change.kind not in one.kinds:
            one.kinds.append(change.kind)
        found[change.plan] = one
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Frame:
    """What goes over the wire at once. `seq`: everything up to there has been told with it."""

    seq: int
    text: str

    @classmethod
    def of(cls, type: str, seq: int, **more: Any) -> Frame:
        return cls(seq, json.dumps({"type": type, "seq": seq, **more}, separators=(",", ":")))


def frame_for(batch: Sequence[Told], projects: frozenset[str] | None) -> Frame | None:
    """Those changes that somebody may see; None if there are none."""
    seen = [one for one in batch if projects is None or one.project in projects]
    if not seen:
        return None
    return Frame.of("changes", max(one.seq for one in seen), changes=[one.as_json() for one in seen])


class Follower:
    """Somebody who follows. `projects` None: all. `is_behind`: more has happened than is kept for one who does not read."""

    def __init__(self, projects: frozenset[str] | None) -> None:
        self.projects = projects
        self.frames: asyncio.Queue[Frame] = asyncio.Queue(QUEUE)
        self.is_behind = asyncio.Event()

    def put(self, frame: Frame) -> None:
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.is_behind.set()


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
        while not self._stopped.is_set():
            self._changed.wait(_LOOK)
            if self._stopped.wait(_TOGETHER + _FOR_EACH * len(self._followers)):
                return
            self._changed.clear()
            if self._followers:
                self._tell()

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

    def _spread(self, batch: list[Told]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._hand_out, batch)
        except RuntimeError:  # the server has ended, and its loop with it
            self._stopped.set()

    def _hand_out(self, batch: list[Told]) -> None:
        """Encoded once for all who may see the same."""
        frames: dict[frozenset[str] | None, Frame | None] = {}
        for follower in tuple(self._followers):
            if follower.projects not in frames:
                frames[follower.projects] = frame_for(batch, follower.projects)
            if frame := frames[follower.projects]:
                follower.put(frame)
