"""A request to stop, and the reasons for one: how a tool that runs learns that its work is no longer wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum


class Stop(StrEnum):
    """Why an attempt has to end before its work is done. The value is the `type` of the failure it becomes."""

    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"


class Stopped(Exception):
    """Raised by a tool that has ended because it was asked to."""

    def __init__(self, reason: Stop) -> None:
        super().__init__(_SENTENCES[reason])
        self.reason = reason


_SENTENCES = {
    Stop.CANCELLED: "the attempt was cancelled",
    Stop.TIMED_OUT: "the attempt took longer than its timeout allows",
    Stop.INTERRUPTED: "the process that ran the attempt was stopped",
}


class Cancellation:
    """Made by whoever runs an attempt, looked at by whatever it runs. The first request counts.

    `deadline` is a moment of `seconds` (a monotonic clock); once it has passed, the reason is TIMED_OUT.
    """

    __slots__ = ("_deadline", "_listeners", "_lock", "_reason", "_seconds")

    def __init__(self, deadline: float | None = None, seconds: Callable[[], float] = time.monotonic) -> None:
        self._deadline = deadline
        self._seconds = seconds
        self._reason: Stop | None = None
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    @property
    def reason(self) -> Stop | None:
        """Why to stop, or None as long as the work is wanted."""
        if self._reason is None and self.remaining() == 0:
            return Stop.TIMED_OUT
        return self._reason

    def remaining(self) -> float | None:
        """Seconds until the deadline, never below 0; None without one."""
        return None if self._deadline is None else max(0.0, self._deadline - self._seconds())

    def request(self, reason: Stop) -> None:
        """Ask for the end. May be called from any thread, more than once."""
        with self._lock:
            if self._reason is None:
                self._reason = reason
                for told in self._listeners:
                    told()

    def check(self) -> None:
        """Raise Stopped if the work is no longer wanted."""
        reason = self.reason
        if reason is not None:
            raise Stopped(reason)

    @contextmanager
    def tells(self, told: Callable[[], None]) -> Iterator[None]:
        """Within the context, and never after it, `told` is called when the end is requested; at once if it has been already.

        It is called by the thread that asks, and has to be brief.
        """
        with self._lock:
            self._listeners.append(told)
            if self._reason is not None:
                told()
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(told)
