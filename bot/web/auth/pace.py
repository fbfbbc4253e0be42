"""Pace: how often one token may ask. A bucket for each, which fills up again evenly."""

from __future__ import annotations

import math
import threading
from http import HTTPStatus
from time import monotonic

from bot.web.failures import Problem

_MOST_KNOWN = 10_000


class Pace:
    """`per_minute` requests in a row, and as many a minute in the long run. Safe to use from several threads."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._per_second = per_minute / 60
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def spend(self, who: str, now: float | None = None) -> None:
        """Count a request. Raises Problem 429 that says when to come back."""
        now = monotonic() if now is None else now
        with self._lock:
            left, since = self._left.get(who, (self._most, now))
            left = min(self._most, left + (now - since) * self._per_second)
            if left >= 1:
                if len(self._left) >= _MOST_KNOWN:
                    self._left.clear()
                self._left[who] = (left - 1, now)
                return
            wait = math.ceil((1 - left) / self._per_second)
        message = f"this token may ask {self._most:.0f} times a minute; come back in {wait} s"
        headers = {"retry-after": str(wait)}
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", message, headers=headers)
