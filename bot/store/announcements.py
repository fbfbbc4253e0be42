"""Announcements: PostgreSQL tells other processes that something was committed. SQLite tells nobody; there one has to look."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text

if TYPE_CHECKING:
    from bot.store.database import Database

log = structlog.get_logger()

CHANNEL = "phasebot"

# Whoever adds to the audit trail holds this lock until the commit, which is the last thing it does: so lines are numbered in
# the order in which they become visible, and one who has read up to a number has missed none before it.
ANNOUNCE = text(f"SELECT pg_advisory_xact_lock(7312002), pg_notify('{CHANNEL}', '')")  # any number of ours

_LOOKS_UP_EVERY = 1.0
_AGAIN_AFTER = 5.0


class Announcements:
    """A connection that listens, in a thread of its own. `changed` is called for each announcement, and when in doubt."""

    def __init__(self, database: Database, changed: Callable[[], None]) -> None:
        self._database = database
        self._changed = changed
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if not self._database.is_sqlite:
            self._thread = threading.Thread(target=self._listen, name="announcements", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                self._hear()
            except self._database.driver_error as error:
                log.warning("announcements_lost", error=str(error).strip())
                self._stopped.wait(_AGAIN_AFTER)

    def _hear(self) -> None:
        import psycopg

        url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._changed()  # for what was said while nobody listened
            while not self._stopped.is_set():
                for _ in connection.notifies(timeout=_LOOKS_UP_EVERY, stop_after=1):
                    self._changed()
