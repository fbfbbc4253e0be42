"""Leases: the word that an attempt is still in hand, given in time, and the end of one that nobody believes in any more."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta

from bot.executors.held import Held, Key, seconds
from services.domain.messages import AttemptRenewed
from services.execution.cancellation import Stop
from services.ports import Reports

_log = logging.getLogger("phasebot.executors.leases")


class Leases:
    """Renews what is held for longer than a third of the lease. Past the lease, the attempt ends itself: it may be running
    somewhere else by then."""

    def __init__(
        self, held: Callable[[], Iterable[Held]], reports: Reports, end: Callable[[Key, Stop], None], lease: timedelta
    ) -> None:
        self._held = held
        self._reports = reports
        self._end = end
        self._lease = lease.total_seconds()

    def keep(self, closed: threading.Event) -> None:
        """Until `closed`."""
        while not closed.wait(self._lease / 3):
            for held in self._held():
                self._look_after(held)

    def _look_after(self, held: Held) -> None:
        if held.age > self._lease:
            self._end(held.key, Stop.INTERRUPTED)
        elif held.is_stalled:
            self._end(held.key, Stop.STALLED)
        elif held.age >= self._lease / 3:
            self._renew(held)

    def _renew(self, held: Held) -> None:
        plan, phase, fence = held.key
        cause = f"{plan}/{phase}/{fence}/renewed/{held.renewals + 1}"
        try:
            self._reports(AttemptRenewed(plan=plan, phase=phase, fence=fence, cause=cause))
        except Exception:  # noqa: BLE001 - tried again at the next turn; past the lease, the attempt ends itself
            _log.warning("lease not renewed: %s", held.key, exc_info=True)
        else:
            held.renewals += 1
            held.renewed_at = seconds()
