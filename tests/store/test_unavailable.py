"""A database that cannot be used is told in words, naming it and the way out; what was begun leaves nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.store import Store, database
from bot.store.database import Database, DatabaseUnknown
from services.domain.errors import StorageUnavailable
from services.ports import Delivery
from tests.plans import NOW, chain
from tests.postgres import NewDatabase
from tests.store.conftest import HandClock, put, read, text_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def lite(file: Path, clock: HandClock) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{file}", clock=clock)) as store:
        yield store


def test_the_folder_of_a_new_database_is_made(tmp_path: Path, clock: HandClock) -> None:
    file = tmp_path / "some" / "where" / "store.db"

    Store(f"sqlite:///{file}", clock=clock).close()

    assert file.is_file()


@pytest.mark.parametrize("url", ["nonsense", "mysql://ada:secret@host/db", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_is_none_is_told(url: str, clock: HandClock) -> None:
    with pytest.raises(DatabaseUnknown, match="PHASEBOT_DATABASE_URL: this is no database") as told:
        Store(url, clock=clock)

    assert "secret" not in str(told.value)


def test_a_file_that_is_no_database_is_told_and_kept(file: Path, clock: HandClock) -> None:
    file.write_text("# A plan, not a database\n" * 100)

    with pytest.raises(StorageUnavailable, match=r"store\.db: this file is no SQLite database"):
        Store(f"sqlite:///{file}", clock=clock)

    assert file.read_text().startswith("# A plan")


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path, clock: HandClock) -> None:
    with pytest.raises(StorageUnavailable, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path}", clock=clock)


def test_a_file_in_place_of_the_folder_is_told(file: Path, clock: HandClock) -> None:
    file.touch()

    with pytest.raises(StorageUnavailable, match="cannot be made"):
        Store(f"sqlite:///{file}/inner/store.db", clock=clock)


def test_a_locked_database_is_told(file: Path, lite: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT", 0)  # how long to wait is a setting of ours, not what is tested
    put(lite, chain("a"))
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as other,
        closing(Store(f"sqlite:///{file}", clock=clock)) as store,
    ):
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StorageUnavailable, match=r"store\.db: the database is locked by another program"):
            put(store, chain("b", id="late"))

        other.execute("ROLLBACK")
        put(store, chain("b", id="late"))  # and it works again when the other has gone
        assert read(store, "late").id == "late"


def test_a_full_disk_is_told_and_nothing_half_is_written(lite: Store, file: Path) -> None:
    put(lite, chain("a"))
    with lite._database.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1")  # SQLite's own way to run out of space: no more than there are now

    def write_much() -> None:
        with lite.open_work() as work:
            work.plans.add(chain("b", id="half"), text_of(chain("b")))
            work.inbox.receive([Delivery(id="big", source="test", received_at=NOW, body=b"x" * 1_000_000)])

    with pytest.raises(StorageUnavailable, match="the disk is full"):
        write_much()

    with lite.open_work() as work:
        assert work.plans.find("half") is None
        assert work.inbox.received(1) == []


def test_a_database_that_may_not_be_written_is_told(file: Path, lite: Store, clock: HandClock) -> None:
    put(lite, chain("a"))
    lite.close()

    with (
        closing(Store(f"sqlite:///file:{file}?mode=ro&uri=true", clock=clock)) as store,
        pytest.raises(StorageUnavailable, match="cannot be written"),
    ):
        put(store, chain("b", id="late"))


def test_a_server_that_does_not_answer_is_told(tmp_path: Path, clock: HandClock) -> None:
    with pytest.raises(StorageUnavailable, match="connection to the database is lost") as told:
        Store(f"postgresql://ada:secret@/phasebot?host={tmp_path}", clock=clock)

    assert "secret" not in str(told.value)


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_told(new_postgres: NewDatabase, clock: HandClock) -> None:
    url = Database(new_postgres()).url.set(database="nowhere").render_as_string()

    with pytest.raises(StorageUnavailable):
        Store(url, clock=clock)


@pytest.mark.postgres
def test_what_could_not_be_committed_is_not_remembered(new_postgres: NewDatabase, clock: HandClock) -> None:
    url = new_postgres()
    with closing(Store(url, clock=clock)) as store:
        put(store, chain("a"))

        def lose_the_connection_at_the_end() -> None:
            with store.open_work() as work:
                held = work.plans.locked(["plan"])["plan"]
                work.plans.save(held, replace(held, title="Never"), wake_at=None)
                work.plans.flush()
                with psycopg.connect(url, autocommit=True) as killer:
                    killer.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    )

        with pytest.raises(StorageUnavailable):
            lose_the_connection_at_the_end()
        with closing(Store(url, clock=clock)) as other, other.open_work() as work:
            held = work.plans.locked(["plan"])["plan"]
            work.plans.save(held, replace(held, title="Changed elsewhere"), wake_at=None)

        assert read(store).title == "Changed elsewhere"


@pytest.mark.postgres
def test_a_connection_that_was_cut_is_replaced(new_postgres: NewDatabase, clock: HandClock) -> None:
    url = new_postgres()
    with closing(Store(url, clock=clock)) as store, psycopg.connect(url, autocommit=True) as other:
        put(store, chain("a"))
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

        with pytest.raises(StorageUnavailable):
            put(store, chain("b", id="late"))
        put(store, chain("b", id="late"))

        assert read(store, "late").id == "late"


def test_a_connection_is_given_back_with_nothing_under_way(lite: Store) -> None:
    """Else whoever gets it next, in another thread, could not commit."""
    with lite._database.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")  # its answer is not read

    assert lite.lookups.watched() == {}
