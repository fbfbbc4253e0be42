"""The fault plan: what shall go wrong, for tests of everything that talks to the tracker. Whatever strikes is recorded."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """Each says what the client sees, and whether the request was carried out."""

    LOST_REPLY = "lost_reply"  # carried out; the connection closes without an answer
    CLOSED = "closed"  # not carried out; the connection closes without an answer
    ERROR_500 = "500"
    ERROR_502 = "502"
    ERROR_502_AFTER = "502_after"  # carried out, and yet a 502
    TRUNCATED = "truncated"  # carried out; the answer ends in the middle
    SLOW = "slow"  # carried out and answered, later
    FORBIDDEN_RETRY_AFTER = "403_retry_after"
    FORBIDDEN = "403"  # a secondary limit that does not say how long
    TOO_MANY_RETRY_AFTER = "429_retry_after"
    TOO_MANY = "429"

    @property
    def is_after(self) -> bool:
        """True if the request is carried out first."""
        return self in {Fault.LOST_REPLY, Fault.ERROR_502_AFTER, Fault.TRUNCATED, Fault.SLOW}

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
    """A fault that strikes `times` more requests of this method whose path matches. `seconds` is how late a slow one is."""

    method: str
    path: re.Pattern[str]
    fault: Fault
    times: int
    retry_after: int
    seconds: float = 0.1


@dataclass(frozen=True, slots=True)
class Storm:
    """Faults at random: a share of all requests of this method whose path matches, each meets one of these.

    What the n-th request to a route meets depends on the seed alone, whatever else goes on at the same time.
    """

    seed: int
    share: float
    faults: tuple[Fault, ...] = tuple(Fault)
    method: str = "*"
    path: str = "."
    retry_after: int = 1
    seconds: float = 0.1

    def planned(self, method: str, path: str, nth: int) -> PlannedFault | None:
        """What this one meets, if anything."""
        if self.method not in {"*", method} or not re.search(self.path, path):
            return None
        chance = Random(f"{self.seed}/{method}/{path}/{nth}")  # noqa: S311 - a storm that can be repeated
        if chance.random() >= self.share:
            return None
        fault = chance.choice(self.faults)
        return PlannedFault(method, re.compile(self.path), fault, 1, self.retry_after, self.seconds)


class Faults:
    """Faults strike in the order in which they were planned, each as often as it says; then the storm, if there is one.

    `struck` counts what has struck, by fault and method.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[PlannedFault] = []
        self._storms: tuple[Storm, ...] = ()
        self._seen: Counter[tuple[str, str]] = Counter()
        self.struck: Counter[tuple[Fault, str]] = Counter()

    def add(
        self,
        method: str,
        path_regex: str,
        kind: Fault | str,
        times: int = 1,
        *,
        retry_after: int = 1,
        seconds: float = 0.1,
    ) -> None:
        """Plan a fault; `method` may be "*", the regular expression is searched in the path without any /api/v3."""
        planned = PlannedFault(method, re.compile(path_regex), Fault(kind), times, retry_after, seconds)
        with self._lock:
            self._planned.append(planned)

    def storm(self, *storms: Storm) -> None:
        """Let these blow from now on, in place of any before."""
        with self._lock:
            self._storms = storms

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._planned.clear()
            self._storms = ()

    @property
    def are_spent(self) -> bool:
        """True once everything planned has struck."""
        return not self._planned

    def strike(self, method: str, path: str) -> PlannedFault | None:
        """The fault this request meets, which is then used up."""
        with self._lock:
            struck = self._struck(method, path)
            if struck is not None:
                self.struck[struck.fault, method] += 1
            return struck

    def _struck(self, method: str, path: str) -> PlannedFault | None:
        for planned in self._planned:
            if planned.method in {"*", method} and planned.path.search(path):
                planned.times -= 1
                if not planned.times:
                    self._planned.remove(planned)
                return planned
        if not self._storms:
            return None
        self._seen[method, path] += 1
        found = (storm.planned(method, path, self._seen[method, path]) for storm in self._storms)
        return next((one for one in found if one), None)
