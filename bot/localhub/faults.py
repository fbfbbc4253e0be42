"""The fault plan: what shall go wrong, for tests of everything that talks to the tracker."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Each says what the client sees, and whether the request was carried out."""

    LOST_REPLY = "lost_reply"  # carried out; the connection closes without an answer
    CLOSED = "closed"  # not carried out; the connection closes without an answer
    ERROR_500 = "500"
    ERROR_502 = "502"
    ERROR_502_AFTER = "502_after"  # carried out, and yet a 502
    FORBIDDEN_RETRY_AFTER = "403_retry_after"
    FORBIDDEN = "403"  # a secondary limit that does not say how long
    TOO_MANY_RETRY_AFTER = "429_retry_after"
    TOO_MANY = "429"

    @property
    def is_after(self) -> bool:
        """True if the request is carried out first."""
        return self in {Fault.LOST_REPLY, Fault.ERROR_502_AFTER}

    @property
    def cuts_connection(self) -> bool:
        return self in {Fault.LOST_REPLY, Fault.CLOSED}

    @property
    def status(self) -> int:
        return int(self.value[:3])

    @property
    def says_when(self) -> bool:
        return self in {Fault.FORBIDDEN_RETRY_AFTER, Fault.TOO_MANY_RETRY_AFTER}


@dataclass(slots=True)
class PlannedFault:
    """A fault that strikes `times` more requests of this method whose path matches."""

    method: str
    path: re.Pattern[str]
    fault: Fault
    times: int
    retry_after: int


class Faults:
    """Faults strike in the order in which they were planned, each as often as it says."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[PlannedFault] = []

    def add(self, method: str, path_regex: str, kind: Fault | str, times: int = 1, *, retry_after: int = 1) -> None:
        """Plan a fault; `method` may be "*", the regular expression is searched in the path without any /api/v3."""
        with self._lock:
            self._planned.append(PlannedFault(method, re.compile(path_regex), Fault(kind), times, retry_after))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    @property
    def are_spent(self) -> bool:
        """True once everything planned has struck."""
        return not self._planned

    def strike(self, method: str, path: str) -> PlannedFault | None:
        """The fault this request meets, which is then used up."""
        with self._lock:
            for planned in self._planned:
                if planned.method in {"*", method} and planned.path.search(path):
                    planned.times -= 1
                    if not planned.times:
                        self._planned.remove(planned)
                    return planned
        return None
