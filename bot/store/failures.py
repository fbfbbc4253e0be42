"""What the databases' errors mean for people: which file or server, what is wrong, and the way out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from services.domain.errors import StorageUnavailable, TransientError

_SQLITE = {
    sqlite3.SQLITE_NOTADB: ("this file is no SQLite database", "Name another file, or move this one away."),
    sqlite3.SQLITE_CORRUPT: ("the database is damaged", "Restore it from a backup."),
    sqlite3.SQLITE_BUSY: ("the database is locked by another program", "Close that program, then try again."),
    sqlite3.SQLITE_LOCKED: ("the database is locked by another program", "Close that program, then try again."),
    sqlite3.SQLITE_READONLY: ("the database cannot be written", "Allow writing to the file and its folder."),
    sqlite3.SQLITE_CANTOPEN: ("the database cannot be opened", "Check that the folder exists and may be written."),
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space, then try again; nothing was written."),
    sqlite3.SQLITE_IOERR: ("the disk cannot be read or written", "Check the disk; nothing was written."),
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html: a state, or its class (the first two letters)
_POSTGRESQL = {
    "08": ("the connection to the database is lost", "Check that PostgreSQL runs and can be reached."),
    "25": ("the database cannot be written", "Connect to the primary server, with a role that may write."),
    "28": ("PostgreSQL refuses the user or password", "Check the user and password in PHASEBOT_DATABASE_URL."),
    "3D": ("there is no such database", "Create it with createdb, or name another one."),
    "42501": (
        "PostgreSQL does not allow this role to use the tables",
        "Grant it the rights, or use the tables' owner.",
    ),
    "42P01": ("the tables are missing", "Run: phasebot db upgrade"),
    "53": ("PostgreSQL has no disk, memory or connections left", "Free some, then try again; nothing was written."),
    "55P03": ("the database is locked by another program", "End that program, then try again."),
    "57": ("PostgreSQL is shutting down or starting", "Try again when it runs."),
}
_CONFLICTS = ("40001", "40P01")  # serialization failure, deadlock: one of two has to give way


@contextmanager
def in_words(place: str, driver_error: type[Exception]) -> Iterator[None]:
    """Raise what the driver raises as StorageUnavailable, or as TransientError where trying again is all it takes."""
    try:
        yield
    except DBAPIError as error:  # the same, as SQLAlchemy passes it on
        raise _meaning(error.orig or error, place) from error
    except driver_error as error:
        raise _meaning(error, place) from error


def _meaning(error: BaseException, place: str) -> BaseException:
    state = getattr(error, "sqlstate", None)
    if state in _CONFLICTS:
        return TransientError("another process wrote the same rows; this one gave way")
    known = _sqlite(error) if isinstance(error, sqlite3.Error) else _postgresql(error, state)
    return StorageUnavailable(known[0], where=place, fix=known[1]) if known else error


def _sqlite(error: sqlite3.Error) -> tuple[str, str] | None:
    return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)


def _postgresql(error: BaseException, state: str | None) -> tuple[str, str] | None:
    if state is None:  # the driver itself: no server, or no answer from it
        return _POSTGRESQL["08"] if "OperationalError" in {kind.__name__ for kind in type(error).__mro__} else None
    return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
