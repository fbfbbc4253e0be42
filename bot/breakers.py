"""The breakers of all executors, looked at every few seconds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import structlog

from bot.store.lookups import Lookups
from services.domain.breaker import Standing, standing
from services.domain.world import Closed
from services.ports import Clock

log = structlog.get_logger()


class Breakers:
    """One for a process. `look` is for the clock's thread; what it saw may be asked from any."""

    def __init__(self, lookups: Lookups, clock: Clock, names: Collection[str], *, pause: timedelta) -> None:
        self._lookups = lookups
        self._clock = clock
        self._names = sorted(names)
        self._pause = pause
        self._standings: dict[str, Standing] = {}

    def look(self) -> None:
        """How do they fare?"""
        if not self._pause:
            return
        now, seen = self._clock.now(), dict[str, Standing]()
        for name in self._names:
            seen[name] = standing(self._lookups.ends_at(name), self._pause, now)
            self._tell(name, seen[name])
        self._standings = seen

    def _tell(self, name: str, now: Standing) -> None:
        if now.closed is not None and now != self._standings.get(name):
            log.warning("executor_closed", executor=name, until=str(now.closed.until))

    @property
    def closed(self) -> dict[str, Closed]:
        """Those that get no work now. One whose pause has ended since the last look does."""
        now = self._clock.now()
        return {
            name: one.closed
            for name, one in self._standings.items()
            if one.closed is not None and one.closed.until is not None and one.closed.until > now
        }

    @property
    def slots(self) -> dict[str, int]:
        """Those that may try one attempt at a time."""
        shut = self.closed
        return {
            name: 1
            for name, one in self._standings.items()
            if one.is_on_probation or (one.closed is not None and name not in shut)
        }
