"""The store: one database, opened; it begins Works, and keeps what lies outside of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from sqlalchemy import text

from bot.store import schema
from bot.store.announcements import Announcements
from bot.store.answers import Answers
from bot.store.board import Board
from bot.store.ci_tickets import CiTickets
from bot.store.credentials import Credentials
from bot.store.cursors import Cursors
from bot.store.database import LOCK_TIMEOUT, Database
from bot.store.drafts import Drafts
from bot.store.jobs import SqlJobs
from bot.store.ledger import SqlLedger
from bot.store.lookups import Lookups
from bot.store.machinery import Machinery
from bot.store.outbox import BEAT, GIVE_AWAY
from bot.store.plans import PlanCache
from bot.store.policies import SqlPolicies
from bot.store.pruning import Retention, prune
from bot.store.records import Records
from bot.store.sql import Session, Statements
from bot.store.values import micros
from bot.store.views import Views
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
        self._database = Database(url)
        self._clock = clock
        self._statements = Statements(self._database.engine.dialect)
        self._cache = PlanCache()
        self._writer = Lock()
        self.views = Views(self._reading)
        self.ledger = SqlLedger(self._writing, self._reading)
        self.policies = SqlPolicies(self._reading, self._writing)
        self.lookups = Lookups(self._reading, self._looking)
        self.answers = Answers(self._reading, self._writing)
        self.records = Records(self._reading, self._writing)
        self.credentials = Credentials(self._reading, self._writing)
        self.cursors = Cursors(self._reading, self._writing)
        self.ci_tickets = CiTickets(self._reading, self._writing)
        self.board = Board(self._reading)
        self.machinery = Machinery(self._reading)
        self.drafts = Drafts(self._reading, self._writing)
        self.jobs = SqlJobs(self._reading, self._writing, clock.now)
        try:
            with self._database.in_words():
                schema.require_current(self._database)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def open_work(self) -> Iterator[SqlWork]:
        """One transaction: leaving without an exception commits, anything else leaves nothing behind."""
        with self._writing() as session:
            work = SqlWork.over(session, self._cache, self._clock.now())
            yield work
            work.flush()
        work.plans.committed()

    def give_away(self, holder: str, ids: Sequence[int]) -> None:
        """These sendings of the holder are for whoever claims them next, who begins them anew."""
        with self._writing() as session:
            session.each(GIVE_AWAY, [{"id": id, "holder": holder} for id in ids])

    def beat(self, holder: str) -> None:
        """A sign of life: what this holder has claimed stays claimed."""
        with self._writing() as session:
            session.run(BEAT, holder=holder, now=micros(self._clock.now()))

    def release(self, holder: str) -> None:
        """This holder's process is known to be dead: whatever it held may be claimed at once."""
        with self._writing() as session:
            session.run(_STRIKE_OFF, holder=holder)

    def announcements(self, changed: Callable[[], None]) -> Announcements:
        """What tells of commits by other processes, where the database can; still to be started."""
        return Announcements(self._database, changed)

    def prune(self, retention: Retention) -> int:
        """Make room: what has been dealt with for longer than that goes. How many rows went."""
        return prune(self._reading, self._writing, retention, self._clock.now())

    def checkpoint(self) -> None:
        """Copy the WAL of SQLite into the database file, without holding up writers. For the clock's thread."""
        if self._database.is_sqlite:
            with self._database.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with self._turn(), self._database.writing() as cursor:
            yield Session(cursor, self._statements)

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with self._database.reading() as cursor:
            yield Session(cursor, self._statements)

    @contextmanager
    def _looking(self) -> Iterator[SqlWork]:
        """A Work over what is committed, for its questions only: nothing of it is ever written."""
        with self._reading() as session:
            work = SqlWork.over(session, self._cache, self._clock.now())
            yield work
        work.plans.committed()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer. Waiting for it here is to be woken at once; waiting in SQLite is to sleep and look again."""
        if not self._database.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=LOCK_TIMEOUT):
            what = "another thread of this process has been writing for too long"
            raise StorageUnavailable(what, where=self._database.place, fix="Try again.")
        try:
            yield
        finally:
            self._writer.release()
