"""Statements compiled once, and the session that runs them: plain tuples straight to the driver.

A batch of a hundred phases writes about nine hundred rows. What the driver needs for one of them is 5–10 µs; the general
way through SQLAlchemy's execution adds as much again for each statement and row. So statements are written in SQLAlchemy and
compiled by it, once for each database; running them is the driver's own `execute` and `executemany`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Executable, Table, TextClause, bindparam, text
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.elements import ColumnElement

Row = tuple[Any, ...]
Values = Mapping[str, Any]

LONGEST_LIST = 512
END = 2**62
"""Beyond every row number: lists that are read from the newest row backwards begin there."""


def insert_into(table: Table, but: Iterable[str] = (), suffix: str = "") -> TextClause:
    """One new row of a table; the database fills the columns in `but`."""
    names = [column.name for column in table.columns if column.name not in but]
    marks = ", ".join(f":{name}" for name in names)
    return text(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}) {suffix}")  # noqa: S608  our own names


def update_of(table: Table, columns: Iterable[str], where: str) -> TextClause:
    """These columns of the rows for which `where` holds."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    return text(f"UPDATE {table.name} SET {changes} WHERE {where}")  # noqa: S608  our own names


class Listed:
    """A statement about a list of values. Compiled for a few lengths; a list between two is padded with its last value."""

    def __init__(self, build: Callable[[Sequence[ColumnElement[Any]]], Executable]) -> None:
        self._build = cache(lambda length: build([bindparam(f"value_{n}") for n in range(length)]))

    def of(self, values: Sequence[Any]) -> tuple[Executable, dict[str, Any]]:
        length = 1 << (len(values) - 1).bit_length()
        padded = [*values, *[values[-1]] * (length - len(values))]
        return self._build(length), {f"value_{n}": value for n, value in enumerate(padded)}


@dataclass(frozen=True, slots=True)
class _Prepared:
    """`arrange` turns named values into the driver's tuple; `fixed` are values that the statement brings along."""

    text: str
    arrange: Callable[[Any], Row]
    fixed: Mapping[str, Any]


class Statements:
    """The compiled statements of one database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.announces = dialect.name == "postgresql"
        """This database can tell other processes of a commit."""
        self._prepared: dict[Executable, _Prepared] = {}

    def __getitem__(self, statement: Executable) -> _Prepared:
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = _prepare(statement, self._dialect)
        return prepared


def _prepare(statement: Any, dialect: Dialect) -> _Prepared:
    compiled = statement.compile(dialect=dialect)
    names = compiled.positiontup or []
    fixed = {name: value for name in names if (value := compiled.params.get(name)) is not None}
    return _Prepared(str(compiled), _arrange(names), fixed)


def _arrange(names: Sequence[str]) -> Callable[[Any], Row]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


class Session:
    """One transaction of one connection."""

    def __init__(self, cursor: DBAPICursor, statements: Statements) -> None:
        self._cursor = cursor
        self._statements = statements
        self.announces = statements.announces

    def rows(self, statement: Executable, **values: Any) -> list[Row]:
        """What a query answers, or a statement with RETURNING."""
        self._execute(statement, values)
        return list(self._cursor.fetchall())

    def row(self, statement: Executable, **values: Any) -> Row | None:
        self._execute(statement, values)
        found: Row | None = self._cursor.fetchone()
        return found

    def run(self, statement: Executable, **values: Any) -> int:
        """How many rows were written."""
        self._execute(statement, values)
        return self._cursor.rowcount

    def each(self, statement: Executable, rows: Sequence[Values]) -> int:
        """The statement once for every row of values; how many rows were written in all."""
        if not rows:
            return 0
        prepared = self._statements[statement]
        self._cursor.executemany(prepared.text, list(map(prepared.arrange, rows)))
        return self._cursor.rowcount

    def among(self, statement: Listed, values: Iterable[Any], **others: Any) -> list[Row]:
        """What a query about a list answers; a list of any length."""
        found: list[Row] = []
        ahead = iter(values)
        while part := list(islice(ahead, LONGEST_LIST)):
            one, listed = statement.of(part)
            found += self.rows(one, **listed, **others)
        return found

    def _execute(self, statement: Executable, values: Values) -> None:
        prepared = self._statements[statement]
        given = {**prepared.fixed, **values} if prepared.fixed else values
        self._cursor.execute(prepared.text, prepared.arrange(given))


def names_of(table: Table, *but: str) -> list[str]:
    """The columns of a table except these."""
    return [column.name for column in table.columns if column.name not in but]


class Apart:
    """What is asked and written outside of a Work: each call is a transaction of its own."""

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Session]],
        writing: Callable[[], AbstractContextManager[Session]],
    ) -> None:
        self._reading = reading
        self._writing = writing
