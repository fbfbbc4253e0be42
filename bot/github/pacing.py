"""Pacing: how fast writes go out, so that GitHub never has to ask us to slow down.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from services.domain.errors import TransientError
from services.publishing.forecast import Pace

PATIENCE = 5.0
"""Seconds that a write may wait in place; for longer it goes back into the outbox."""

_MINUTE, _HOUR = 60.0, 3600.0


class Pacer:
    """Shared by all who write with one token. `turn` waits until one more write fits the pace."""

    def __init__(
        self, pace: Pace, now: Callable[[], float] = time.monotonic, wait: Callable[[float], object] = time.sleep
    ) -> None:
        self._pace = pace
        self._now = now
        self._wait = wait
        self._lock = threading.Lock()
        self._writes: deque[float] = deque(maxlen=pace.per_hour)

    def turn(self) -> None:
        """Raises TransientError, with the seconds to wait, where that is longer than it is worth waiting in place."""
        with self._lock:
            ahead = self._seconds_ahead()
            if ahead > PATIENCE:
                raise TransientError("the pace of writing to GitHub is used up for now", retry_after=ahead)
            if ahead > 0:
                self._wait(ahead)
            self._writes.append(self._now())

    def _seconds_ahead(self) -> float:
        if not self._writes:
            return 0.0
        frees = [self._writes[-1] + self._pace.interval.total_seconds()]
        for count, window in ((self._pace.per_minute, _MINUTE), (self._pace.per_hour, _HOUR)):
            if len(self._writes) >= count:
                frees.append(self._writes[-count] + window)
        return max(frees) - self._now()
