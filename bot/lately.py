"""What was asked or done a moment ago, so that the same need not be asked again for everything that arrives."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

KEPT = 1_000

Found = TypeVar("Found")


class Lately(Generic[Found]):
    """Kept for a while, and never more than so many. Callable from any thread."""

    def __init__(self, life: timedelta) -> None:
        self._life = life
        self._found: OrderedDict[Hashable, tuple[Found, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, now: datetime) -> Found | None:
        """None if it is not known, or not any more."""
        with self._lock:
            known = self._found.get(key)
        return known[0] if known is not None and now - known[1] < self._life else None

    def put(self, key: Hashable, found: Found, now: datetime) -> None:
        with self._lock:
            self._found.pop(key, None)
            self._found[key] = (found, now)
            if len(self._found) > KEPT:
                self._found.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        """It is not known any more."""
        with self._lock:
            self._found.pop(key, None)
