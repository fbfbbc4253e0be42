"""The clockwork: APScheduler's regular jobs. They send messages and signs of life; they decide nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from services.domain.errors import RemoteUnavailable, StorageUnavailable, TransientError

log = structlog.get_logger()

Job = Callable[[], object]


class Clockwork:
    """What has to happen every few seconds, whether or not anything arrives."""

    def __init__(self, jobs: Iterable[tuple[float, Job]]) -> None:
        """`jobs`: every how many seconds to do what."""
        self._scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(3)}, timezone="UTC")
        for seconds, job in jobs:
            self.every(seconds, job)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def at_once_and_every(self, seconds: float, job: Job) -> None:
        """One more, for the first time as soon as the clock runs. A job that takes longer than that begins late."""
        self._scheduler.add_job(_in_one_line(job))
        self.every(seconds, job)

    def every(self, seconds: float, job: Job) -> None:
        """One more."""
        self._scheduler.add_job(_in_one_line(job), "interval", seconds=seconds, coalesce=True, max_instances=1)


def _in_one_line(job: Job) -> Callable[[], None]:
    """A store that cannot be written for a while is worth a line, not a traceback; the next time may be better."""

    def run() -> None:
        try:
            job()
        except (StorageUnavailable, RemoteUnavailable, TransientError) as error:
            log.warning("job_put_off", job=job.__name__, error=str(error))

    return run
