"""The circuit breaker of an executor: after too many failures in a row that were its own, it gets no work for a while.

What has happened is all there is to know, so nothing else is kept: it is the same after a restart, and for every coordinator.
When the pause is over, one attempt is let through. If that one fails as well, the next pause is longer; if it ends in any
other way, the executor is as good as any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from services.domain.attempts import AttemptState
from services.domain.failure import Failure
from services.domain.world import Closed

FAILURES = 5
"""In a row."""
LONGEST = timedelta(minutes=15)
LOOKED_AT = FAILURES * 8
"""How many ends are worth looking at: by then the pause is as long as it gets."""

_OWN = frozenset({"lost", "transient", "remote_unavailable", "run_stale"})
"""Failures of whoever was to run the attempt, not of the work. That a process of ours was ended is none: it comes back."""


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt has ended there, and when."""

    at: datetime
    state: AttemptState
    failure: Failure | None

    @property
    def is_its_own_fault(self) -> bool:
        return self.state is not AttemptState.SUCCEEDED and self.failure is not None and self.failure.type in _OWN


@dataclass(frozen=True, slots=True)
class Standing:
    """`closed`: no work now. `is_on_probation`: one attempt at a time, until one has ended well."""

    closed: Closed | None = None
    is_on_probation: bool = False


def standing(ends: Sequence[End], pause: timedelta, now: datetime) -> Standing:
    """`ends` of its attempts, the newest first. `pause` is the first one; each further one is twice as long."""
    failed = sum(1 for _ in takewhile(lambda end: end.is_its_own_fault, ends))
    if failed < FAILURES or not pause:
        return Standing()
    until = ends[0].at + min(LONGEST, pause * (1 << min(failed - FAILURES, 16)))
    return Standing(closed=Closed("failing", until)) if now < until else Standing(is_on_probation=True)
