"""An attempt in the hands of the local executor: queued, then begun, then over. Guarded by the executor's lock."""

from __future__ import annotations

import sys
import time

from services.execution.cancellation import Cancellation, Stop
from services.ports import Assignment

Key = tuple[str, str, int]
"""Plan, phase, fence."""


def seconds() -> float:
    """Goes on while the machine sleeps, where the system can tell: so do the leases that others believe in."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Held:
    """`renewed_at` is when the coordinator last heard of it, in `seconds`; `cancellation` is there once it has begun."""

    __slots__ = ("assignment", "cancellation", "is_over", "key", "renewals", "renewed_at")

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.key: Key = (assignment.plan, assignment.phase.key, assignment.fence)
        self.cancellation: Cancellation | None = None
        self.is_over = False
        self.renewals = 0
        self.renewed_at = seconds()

    @property
    def age(self) -> float:
        """Seconds since the coordinator last heard of it."""
        return seconds() - self.renewed_at

    @property
    def is_stalled(self) -> bool:
        """It runs, and nothing was heard of it for longer than its rules allow."""
        most = self.assignment.phase.rules.stalled_after
        return most is not None and self.cancellation is not None and self.cancellation.silence > most.total_seconds()

    def wind_down(self) -> None:
        """Finish what was begun, and begin no further part of it."""
        if self.cancellation is not None:
            self.cancellation.wind_down()

    def begin(self) -> Cancellation | None:
        """Its timeout runs from now. None if it was given up before it could begin."""
        if self.is_over:
            return None
        timeout = self.assignment.timeout
        deadline = None if timeout is None else time.monotonic() + timeout.total_seconds()
        self.cancellation = Cancellation(deadline)
        return self.cancellation

    def give_up(self) -> bool:
        """True if it had not begun, and so will not."""
        if self.cancellation is not None or self.is_over:
            return False
        self.is_over = True
        return True

    def interrupt(self, reason: Stop) -> bool:
        """True if it has begun; whoever runs it will say how it ended."""
        if self.cancellation is None:
            return False
        self.cancellation.request(reason)
        return True
