"""A request to stop, and the reasons for one: how a tool that runs learns that its work is no longer wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from enum import StrEnum


class Stop(StrEnum):
    """Why an attempt has to end before its work is done. The value is the `type` of the failure it becomes."""

    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    STALLED = "stalled"
    INTERRUPTED = "interrupted"


class Stopped(Exception):
    """Raised by a tool that has ended because it was asked to."""

    def __init__(self, reason: Stop) -> None:
        super().__init__(_SENTENCES[reason])
        self.reason = reason


_SENTENCES = {
    Stop.CANCELLED: "the attempt was cancelled",
    Stop.STALLED: "nothing was heard of the attempt for longer than its policy allows",
    Stop.TIMED_OUT: "the attempt took longer than its timeout allows",
    Stop.INTERRUPTED: "the process that ran the attempt was stopped",
}


class Cancellation:
    """Made by whoever runs an attempt, looked at by whatever it runs. The first request counts.

    `deadline` is a moment of `seconds` (a monotonic clock); once it has passed, the reason is TIMED_OUT.
    """

    __slots__ = ("_deadline", "_heard_at", "_listeners", "_lock", "_outer", "_reason", "_seconds", "_winding_down")

    def __init__(
        self,
        deadline: float | None = None,
        seconds: Callable[[], float] = time.monotonic,
        outer: Cancellation | None = None,
    ) -> None:
        self._deadline = deadline
        self._seconds = seconds
        self._outer = outer
        self._heard_at = time.monotonic()
        self._winding_down = False
        self._reason: Stop | None = None
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    @property
    def reason(self) -> Stop | None:
        """Why to stop, or None as long as the work is wanted."""
        if self._reason is not None:
            return self._reason
        if self._outer is not None and (reason := self._outer.reason):
            return reason
        return Stop.TIMED_OUT if self.remaining() == 0 else None

    def remaining(self) -> float | None:
        """Seconds until the deadline, never below 0; None without one."""
        own = None if self._deadline is None else max(0.0, self._deadline - self._seconds())
        outer = None if self._outer is None else self._outer.remaining()
        return min((one for one in (own, outer) if one is not None), default=None)

    @classmethod
    def lasting(cls, seconds: float) -> Cancellation:
        """One whose deadline is so far away."""
        return cls(time.monotonic() + seconds)

    def within(self, seconds: float) -> Cancellation:
        """One for a part of the work, with a nearer deadline; a request to the whole is one to the part."""
        return Cancellation(self._seconds() + seconds, self._seconds, outer=self)

    @property
    def is_winding_down(self) -> bool:
        """What was begun is to be finished, but no further part of a batch is to be begun."""
        return self._winding_down or (self._outer is not None and self._outer.is_winding_down)

    def wind_down(self) -> None:
        """Ask for an end as soon as it can be had without breaking anything off."""
        self._winding_down = True

    def request(self, reason: Stop) -> None:
        """Ask for the end. May be called from any thread, more than once."""
        with self._lock:
            if self._reason is None:
                self._reason = reason
                for told in self._listeners:
                    told()

    def heard(self) -> None:
        """It has said something, or got further: whoever runs it is at work."""
        self._heard_at = time.monotonic()
        if self._outer is not None:
            self._outer.heard()

    @property
    def silence(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self._heard_at

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
            with nullcontext() if self._outer is None else self._outer.tells(told):
                yield
        finally:
            with self._lock:
                self._listeners.remove(told)
