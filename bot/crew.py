"""The crew: workers on other machines, as a server deals with them. Where there is no Redis, there is none."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.keys import marker_key
from bot.settings import Settings, SettingsInvalid
from bot.store.lookups import Lookups
from bot.tickets import Tickets
from bot.worker_desk import Lent, WorkerDesk
from bot.workers.clockwork import Clockwork
from bot.workers.coordination import CoordinationLoop
from services.execution.workflow_runs import Carried
from services.ports import Clock

if TYPE_CHECKING:
    from bot.executors.rq import RqExecutor

WATCH_EVERY = 1.0


class RemoteCrew:
    """One for a process; `settings` None, or without a Redis: nobody. `join` makes it part of the process."""

    def __init__(self, settings: Settings | None, lookups: Lookups, clock: Clock) -> None:
        url = settings.redis_url if settings else None
        self._lookups = lookups
        self._clock = clock
        self._lease = timedelta(seconds=settings.lease) if settings else timedelta()
        self._tickets = Tickets(marker_key(settings) if settings and url else b"")
        self._look: Callable[[], None] = lambda: None
        self._executor = self._made(url.get_secret_value()) if url else None
        self._desk: WorkerDesk | None = None

    @property
    def executors(self) -> tuple[RqExecutor, ...]:
        return (self._executor,) if self._executor else ()

    @property
    def desk(self) -> WorkerDesk:
        """Raises Gone, as for any ticket that was never made, where there is no crew."""
        if self._desk is None:
            from bot.worker_desk import Gone

            raise Gone
        return self._desk

    def _made(self, url: str) -> RqExecutor:
        try:
            from bot.executors.rq import RqExecutor, connected
        except ModuleNotFoundError as error:
            fix = "Install phasebot with its extra `scale`."
            raise SettingsInvalid(f"{error.name} is not installed", where="PHASEBOT_REDIS_URL", fix=fix) from None
        return RqExecutor(connected(url), self._tickets, self._clock, self._has_changed)

    def _has_changed(self) -> None:
        self._look()

    def join(
        self,
        clockwork: Clockwork,
        loop: CoordinationLoop,
        receive: Callable[..., Future[Any]],
        *,
        log_dir: Path,
        lent: Lent,
    ) -> None:
        """From now on workers are looked for, and can take what there is."""
        if self._executor is None:
            return
        self._look = loop.look
        self._tell = loop.tell
        self._desk = WorkerDesk(self._lookups, receive, self._tickets, clock=self._clock, log_dir=log_dir, lent=lent)
        clockwork.every(WATCH_EVERY, self.watch)
        clockwork.every(max(0.5, self._lease.total_seconds() / 4), self.refill)

    def watch(self) -> None:
        """Who is there now?"""
        if self._executor is not None:
            self._executor.watch()

    def refill(self) -> None:
        """Whatever should be in the queue and is not is put there again. Raises RemoteUnavailable."""
        if self._executor is None:
            return
        live = (Carried("", one.plan, one.phase, one.attempt) for one in self._lookups.live_attempts())
        for report in self._executor.refill(live):
            self._tell(report)

    def close(self) -> None:
        if self._executor is not None:
            self._executor.close()
