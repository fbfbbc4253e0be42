"""The store: one database, opened; it begins Works, and keeps what lies outside of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from typing import Any

from sqlalchemy import text

from bot.store import schema
from bot.store.database import LOCK_TIMEOUT, Database
from bot.store.outbox import BEAT
from bot.store.plans import PlanCache
from bot.store.sql import Session, Statements
from bot.store.values import micros
from bot.store.work import SqlWork
from services.domain.errors import StorageUnavailable
from services.ports import Clock

_STRIKE_OFF = text("DELETE FROM holders WHERE holder = :holder")


class Store:
    """A database that is ready for use. Threads may share it.

    An empty database gets its tables at once. Raises StorageUnavailable, in words, for one that cannot be used: no database,
    locked, read-only, or with the tables of another version.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        self.database = Database(url)
        self._clock = clock
        self._statements = Statements(self.database.engine.dialect)
        self._cache = PlanCache()
        # SQLite has one writer; waiting for it here is waking up at once, waiting in SQLite is sleeping and looking again
        self._writer: Lock | None = Lock() if self.database.is_sqlite else None
        with self.database.in_words():
            schema.require_current(self.database)

    @contextmanager
    def open_work(self) -> Iterator[SqlWork]:
        """One transaction: leaving without an exception commits, anything else leaves nothing behind."""
        with self._turn(), self._transaction() as session:
            work = SqlWork.over(session, self._cache, self._clock.now())
            yield work
            work.flush()
        work.plans.committed()

    def beat(self, holder: str) -> None:
        """A sign of life: what this holder has claimed stays claimed."""
        with self._turn(), self._transaction() as session:
            session.run(BEAT, holder=holder, now=micros(self._clock.now()))

    def release(self, holder: str) -> None:
        """This holder's process is known to be dead: whatever it held may be claimed at once."""
        with self._turn(), self._transaction() as session:
            session.run(_STRIKE_OFF, holder=holder)

    def checkpoint(self) -> None:
        """Copy the WAL of SQLite into the database file, without holding up writers. For the clock's thread."""
        if self.database.is_sqlite:
            with self.database.in_words(), self._connection() as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        self.database.close()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with self.database.in_words(), self._connection() as connection:
            cursor = connection.cursor()
            try:
                if self.database.is_sqlite:
                    cursor.execute("BEGIN IMMEDIATE")
                yield Session(cursor, self._statements)
                connection.commit()
            except self.database.driver_error:
                connection.invalidate()  # whatever state it is in, nobody uses it again
                raise
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        connection = self.database.engine.raw_connection()
        try:
            yield connection
        finally:
            connection.close()

    def _turn(self) -> AbstractContextManager[object]:
        return nullcontext() if self._writer is None else self._waiting(self._writer)

    @contextmanager
    def _waiting(self, writer: Lock) -> Iterator[None]:
        if not writer.acquire(timeout=LOCK_TIMEOUT):
            raise StorageUnavailable(
                "another thread has been writing for too long", where=self.database.place, fix="Try again."
            )
        try:
            yield
        finally:
            writer.release()
