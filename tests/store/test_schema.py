"""The tables: made at once or by migrations, they are the same; what is wrong with them is said in words."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url, text

from bot.store import Store, schema
from bot.store.database import Database
from services.domain.errors import StorageUnavailable
from tests.plans import Story, diamond, published
from tests.postgres import NewDatabase
from tests.store.conftest import HandClock, put, read


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A transaction on the bare database."""
    with closing(Database(url)) as database, database.changing() as connection:
        yield connection


def migrated(url: str, revision: str) -> str:
    with connected(url) as connection:
        schema.migrate(connection, revision)
    return url


def description(url: str) -> object:
    """The tables as the database itself describes them."""
    with connected(url) as connection:
        return _sqlite(connection) if connection.dialect.name == "sqlite" else _postgresql(connection)


def tables(url: str) -> list[str]:
    with connected(url) as connection:
        return inspect(connection).get_table_names()


def _sqlite(connection: Connection) -> object:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {name: re.findall(r"\w+|[^\w\s\"]", sql) for name, sql in rows}  # word by word, however laid out


def _postgresql(connection: Connection) -> object:
    columns = (
        "SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'"
    )
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    rules = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    return [{tuple(row) for row in connection.execute(text(query))} for query in (columns, indexes, rules)]


@pytest.fixture
def other_url(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Another empty database of the same kind."""
    if url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'other.db'}"
    new_database: NewDatabase = request.getfixturevalue("new_postgres")
    return new_database()


def test_migrations_lead_to_the_tables_that_are_made_at_once(url: str, other_url: str, clock: HandClock) -> None:
    Store(url, clock=clock).close()

    assert description(migrated(other_url, "head")) == description(url)


def test_a_migrated_database_is_ready_for_use(url: str, clock: HandClock) -> None:
    migrated(url, "head")
    plan = Story(published(diamond())).passes("top").plan

    store = Store(url, clock=clock)
    put(store, plan)

    assert read(store) == plan
    assert schema.check(url) == []
    store.close()


def test_migrations_go_down_to_nothing_and_up_again(url: str) -> None:
    migrated(url, "head")
    up = description(url)

    migrated(url, "base")
    left = tables(url)
    migrated(url, "head")

    assert left == ["alembic_version"]
    assert description(url) == up


def test_what_is_stored_survives_an_upgrade(url: str, clock: HandClock) -> None:
    store = Store(url, clock=clock)
    plan = Story(published(diamond())).passes("top").plan
    put(store, plan)
    store.close()

    schema.upgrade(url)

    store = Store(url, clock=clock)
    assert read(store) == plan
    store.close()


_OLD_PLAN = (
    "INSERT INTO projects (id, created_at, paused) VALUES ('ada/site', 0, false)",
    "INSERT INTO plans (id, project, source, title, state, version, fences, priority, tracked, updated_at)"
    " VALUES ('old', 'ada/site', 'plan.md', 'Old', 'active', 3, 0, 50, false, 0)",
    "INSERT INTO phases (id, plan_id, ordinal, key, title, rules, executor, state, status, startable, stops_plan,"
    " holds_slot, attempts, failures, losses, approved_by, linked, updated_at) VALUES ('old.1', 'old', 1, 'a', 'A',"
    " '{}', 'manual', 'waiting', 'ready', true, false, false, 0, 0, 0, '', false, 0)",
)


def test_plans_from_before_they_could_change_shape_are_read_and_go_back(url: str, clock: HandClock) -> None:
    migrated(url, "0001")
    _change(url, *_OLD_PLAN)

    schema.upgrade(url)
    store = Store(url, clock=clock)
    plan = read(store, "old")
    store.close()
    migrated(url, "0001")

    assert [(phase.key, phase.serial, phase.leaving) for phase in plan] == [("a", 1, False)]
    assert (plan.revision, plan.removed) == (0, {})
    with connected(url) as connection:
        assert connection.execute(text("SELECT id FROM phases")).all() == [("old.1",)]


def test_attempts_from_before_there_were_checks_are_work_and_checks_are_gone_on_the_way_back(
    url: str, clock: HandClock
) -> None:
    migrated(url, "0004")
    _change(
        url,
        *_OLD_PLAN,
        "INSERT INTO attempts (phase_id, number, fence, executor, state, holder, claimed_at)"
        " VALUES ('old.1', 1, 1, 'local', 'succeeded', '', 0)",
        "UPDATE phases SET attempt = 1, attempts = 1",
    )

    schema.upgrade(url)
    store = Store(url, clock=clock)
    attempt = read(store, "old").phase("a").attempt
    store.close()
    _change(
        url,
        "INSERT INTO attempts (phase_id, number, fence, executor, state, holder, claimed_at, kind)"
        " VALUES ('old.1', 2, 2, 'local', 'running', '', 0, 'qa')",
        "UPDATE phases SET attempt = 2, attempts = 2",
    )
    migrated(url, "0004")

    assert attempt is not None
    assert (attempt.kind, attempt.ref, attempt.held) == ("work", "", None)
    with connected(url) as connection:
        assert connection.execute(text("SELECT attempt FROM phases")).all() == [(1,)]
        assert connection.execute(text("SELECT number FROM attempts")).all() == [(1,)]


def test_the_code_knows_all_migrations() -> None:
    with as_file(files("migrations")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]

    assert tuple(reversed(revisions)) == schema.REVISIONS


def test_upgrading_makes_the_tables_of_an_empty_database(url: str) -> None:
    assert schema.check(url) == ["the database is empty"]

    schema.upgrade(url)

    assert schema.check(url) == []


def _change(url: str, *statements: str) -> None:
    with connected(url) as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_tables_that_were_changed_by_hand_are_told(url: str) -> None:
    schema.upgrade(url)
    _change(url, "DROP INDEX ix_plans_source", "ALTER TABLE events ADD COLUMN mood TEXT", "DROP TABLE holders")

    told = "\n".join(schema.check(url))

    for name in ("ix_plans_source", "mood", "holders"):
        assert name in told


def test_a_newer_schema_is_refused_in_words(url: str, clock: HandClock) -> None:
    schema.upgrade(url)
    _change(url, "UPDATE alembic_version SET version_num = '9999'")

    assert "another, newer phasebot (9999" in schema.check(url)[0]
    with pytest.raises(StorageUnavailable, match="Install a newer phasebot"):
        Store(url, clock=clock)
    with pytest.raises(StorageUnavailable, match="Install a newer phasebot"):
        schema.upgrade(url)


def test_an_older_schema_asks_for_the_upgrade(url: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.upgrade(url)
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9999"))
    monkeypatch.setattr(schema, "HEAD", "9999")

    with pytest.raises(StorageUnavailable, match=r"older than this phasebot[^\0]*phasebot db upgrade"):
        Store(url, clock=clock)


def test_a_database_of_somebody_else_is_left_alone(url: str, clock: HandClock) -> None:
    _change(url, "CREATE TABLE theirs (id INTEGER)")

    for use in (lambda: Store(url, clock=clock), lambda: schema.upgrade(url)):
        with pytest.raises(StorageUnavailable, match="holds other tables"):
            use()

    assert tables(url) == ["theirs"]


def test_several_processes_may_open_an_empty_database_at_once(url: str) -> None:
    code = (
        "import sys; from datetime import datetime, UTC; from bot.store import Store\n"
        "class C:\n    def now(self): return datetime(2026, 1, 1, tzinfo=UTC)\n"
        "s = Store(sys.argv[1], clock=C())\n"
        "with s.open_work() as work: work.projects.add('ada/site')\n"
        "print('alembic' in sys.modules)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in running]

    assert ended == [("False\n", "", 0)] * 4  # and none of them needed Alembic


def test_the_password_is_not_told() -> None:
    database = Database("postgresql://ada:secret@localhost/phasebot")

    assert "secret" not in database.place
    assert make_url(database.place).host == "localhost"
