"""One database: its address, its driver, and connections that are set up the way everything here relies on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import ArgumentError

from bot.store.failures import in_words
from services.domain.errors import StorageUnavailable, UserError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

LOCK_TIMEOUT = 10
"""How many seconds to wait for a lock before the database counts as locked."""

# A checkpoint copies the WAL into the database and costs two more fsyncs. The clock's thread asks for them (Store.checkpoint);
# in a storm the writer does it as well, every 4 MB: what is copied at once holds up everybody for as long as the disk takes
# (64 MB: a hundredth of all webhooks waited for 60 ms, 4 MB: 25 ms).
_PAGES_BEFORE_CHECKPOINT = 1_000

_LOCK = text("SELECT pg_advisory_xact_lock(7312001)")  # any number of ours


class Database:
    """A database by its URL. `place` is how people are told about it (no password)."""

    def __init__(self, url: str) -> None:
        self.url = parsed(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.place = self.url.database or "" if self.is_sqlite else self.url.render_as_string(hide_password=True)
        if self.is_sqlite and not self.place.startswith("file:"):  # SQLite's own kind of address, for files that exist
            self._make_folder()
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url)

    @property
    def driver_error(self) -> type[Exception]:
        error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return error

    def in_words(self) -> AbstractContextManager[None]:
        """What the driver raises within is raised as StorageUnavailable, naming this database."""
        return in_words(self.place, self.driver_error)

    def writing(self) -> AbstractContextManager[DBAPICursor]:
        """A transaction for changes: all of them are committed, or none."""
        return self._transaction("BEGIN IMMEDIATE" if self.is_sqlite else None)

    def reading(self) -> AbstractContextManager[DBAPICursor]:
        """A transaction that sees one moment, waits for nobody and changes nothing."""
        return self._transaction(
            "BEGIN" if self.is_sqlite else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
        )

    @contextmanager
    def _transaction(self, begin: str | None) -> Iterator[DBAPICursor]:
        with self._connection() as (connection, cursor):
            try:
                if begin:  # otherwise the driver begins by itself
                    cursor.execute(begin)
                yield cursor
                connection.commit()
            except self.driver_error:
                connection.invalidate()  # whatever state it is in, nobody uses it again
                raise
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction for changes of the tables. One process at a time; the others wait, and then find them changed."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            if not self.is_sqlite:
                connection.execute(_LOCK)
            yield connection

    @contextmanager
    def cursor(self) -> Iterator[DBAPICursor]:
        """A cursor outside of any transaction."""
        with self._connection() as (_, cursor):
            yield cursor

    @contextmanager
    def _connection(self) -> Iterator[tuple[PoolProxiedConnection, DBAPICursor]]:
        """The cursor is closed before the next one gets the connection: with a statement of ours under way, theirs could not
        commit."""
        with self.in_words(), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            try:
                yield connection, cursor
            finally:
                if connection.is_valid:
                    cursor.close()

    def close(self) -> None:
        self.engine.dispose()

    def _make_folder(self) -> None:
        folder = Path(self.place).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(
                f"the folder {folder} cannot be made: {error.strerror}", where=self.place, fix="Name another place."
            ) from error


def parsed(url: str) -> URL:
    """Raises DatabaseUnknown for anything that is no database of ours."""
    try:
        address = make_url(url)
    except ArgumentError:
        raise _unknown(url) from None
    match address.get_backend_name():
        case "sqlite" if address.database and address.database != ":memory:":
            return address
        case "postgresql" | "postgres":
            return address.set(drivername="postgresql+psycopg")
    raise _unknown(url)


class DatabaseUnknown(UserError):
    """What is given as a database is none that we can use."""

    code = "database_unknown"


def _unknown(url: str) -> DatabaseUnknown:
    return DatabaseUnknown(
        f"this is no database that can be used: {url.rsplit('@', maxsplit=1)[-1]}",
        where="--db or PHASEBOT_DATABASE_URL",
        fix="Write sqlite:////folder/file.db or postgresql://user@host/name",
    )


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT, "cached_statements": 512})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BEFORE_CHECKPOINT}")


def _begin_sqlite(connection: Connection) -> None:
    """Readers see one moment; who is going to write takes the write lock first, and so never has to give way later."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Engine:
    arguments: dict[str, Any] = {"options": f"-c lock_timeout={LOCK_TIMEOUT}s", "connect_timeout": LOCK_TIMEOUT}
    return create_engine(url, paramstyle="format", connect_args=arguments)
