"""The tracker's SQLite file: one connection behind one lock, and transactions that nest."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from bot.localhub.problems import not_found
from services.domain.errors import StorageUnavailable

Row = sqlite3.Row


class Database:
    """One process at a time opens a file: the lock is exclusive, so that two trackers never disagree about it.

    Commits reach the operating system before a call returns, so a killed process loses nothing it has answered.
    """

    def __init__(self, path: Path | None) -> None:
        self.lock = threading.RLock()
        self._depth = 0
        self._after_commit: list[Callable[[], None]] = []
        self._connection = _opened(path)

    def close(self) -> None:
        with self.lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Inside another transaction it joins that one."""
        with self.lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._end("ROLLBACK")
                raise
            listeners = self._after_commit
            self._end("COMMIT")
        for listener in listeners:
            listener()

    def _end(self, how: str) -> None:
        self._depth = 0
        self._after_commit = []
        self._connection.execute(how)

    def after_commit(self, listener: Callable[[], None]) -> None:
        """Call this once the running transaction is safe; never, if it is rolled back."""
        if listener not in self._after_commit:
            self._after_commit.append(listener)

    def rows(self, sql: str, *values: Any) -> list[Row]:
        with self.lock:
            return self._connection.execute(sql, values).fetchall()

    def first(self, sql: str, *values: Any) -> Row | None:
        with self.lock:
            row: Row | None = self._connection.execute(sql, values).fetchone()
            return row

    def one(self, sql: str, *values: Any) -> Row:
        """The row there must be; GitHub's 404 where there is none."""
        row = self.first(sql, *values)
        if row is None:
            raise not_found()
        return row

    def value(self, sql: str, *values: Any) -> Any:
        return self.one(sql, *values)[0]

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement; the number of rows it touched."""
        with self.lock:
            return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, **columns: Any) -> int:
        """Add one row; its id. Table and columns are literals of this package."""
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        with self.lock:
            return self._connection.execute(sql, tuple(columns.values())).lastrowid or 0

    def update(self, table: str, row_id: int, **columns: Any) -> None:
        """Change one row by id. Table and columns are literals of this package."""
        sets = ", ".join(f"{name} = ?" for name in columns)
        self.run(f"UPDATE {table} SET {sets} WHERE id = ?", *columns.values(), row_id)  # noqa: S608


def _opened(path: Path | None) -> sqlite3.Connection:
    """StorageUnavailable if another process has the file, or if it is no such file."""
    try:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        return _prepared(
            sqlite3.connect(str(path or ":memory:"), timeout=0.5, isolation_level=None, check_same_thread=False)
        )
    except sqlite3.OperationalError as error:
        what = "another process has this tracker open" if "locked" in str(error) else str(error)
        raise StorageUnavailable(what, where=str(path), fix="Stop the other process or name another file.") from error
    except (sqlite3.DatabaseError, OSError) as error:
        raise StorageUnavailable(str(error), where=str(path)) from error


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.row_factory = sqlite3.Row
    try:
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        schema = resources.files("bot.localhub").joinpath("schema.sql").read_text(encoding="utf-8")
        connection.executescript(f"BEGIN IMMEDIATE; {schema} COMMIT;")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def marks(values: Sequence[int]) -> str:
    """Placeholders for an IN list."""
    return ", ".join("?" * len(values))


def stamp(moment: datetime) -> str:
    """A moment as the tracker stores and shows it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    return moment(text) if text else None
