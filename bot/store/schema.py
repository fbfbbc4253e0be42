"""The schema: which revision a database is at, how it gets to the newest, and what is wrong with it, in words.

Alembic is imported only where tables have to be changed or examined: the first start and every later one do without it.
"""

from __future__ import annotations

from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.store import access_tables as access_tables  # noqa: PLC0414 - so that its tables are among the metadata
from bot.store import drafts as drafts  # noqa: PLC0414 - as above
from bot.store import jobs as jobs  # noqa: PLC0414 - as above
from bot.store.database import Database, parsed
from bot.store.tables import coordination, metadata
from services.domain.errors import StorageUnavailable

REVISIONS = (
    *("0001", "0002", "0003", "0004", "0005", "0006", "0007"),
    *("0008", "0009", "0010", "0011", "0012", "0013", "0014", "0015", "0016"),
    *("0017", "0018", "0019", "0020", "0021", "0022", "0023"),
)
"""All revisions, oldest first; the last one is what this code was written for."""

HEAD = REVISIONS[-1]


def upgrade(url: str) -> None:
    """Bring the database to the newest revision; an empty one gets its tables. Does nothing where nothing is to be done."""
    with closing(Database(url)) as database, database.in_words(), database.changing() as connection:
        if _is_empty(connection):
            _create(connection)
        elif _revision(connection) != HEAD:
            _refuse_unknown(connection, database.place)
            migrate(connection, HEAD)


def is_there(url: str) -> bool:
    """There is a database, and it is not empty. Looking makes none; whether the tables are right is for the Store to say."""
    address = parsed(url)
    file = address.database or ""
    if address.get_backend_name() == "sqlite" and not file.startswith("file:") and not Path(file).is_file():
        return False
    with closing(Database(url)) as database, database.in_words(), database.engine.connect() as connection:
        return not _is_empty(connection)


def check(url: str) -> list[str]:
    """What is wrong with the tables, in words; nothing if they are those that this version wants."""
    with closing(Database(url)) as database, database.in_words(), database.engine.connect() as connection:
        problem = _problem(connection)
        return [problem[0]] if problem else _drift(connection)


def require_current(database: Database) -> None:
    """An empty database gets its tables. Raises StorageUnavailable if those of another version are there."""
    with database.engine.connect() as connection:
        problem = _problem(connection)
    if problem is None:
        return
    with database.changing() as connection:
        if _is_empty(connection):
            _create(connection)
        elif problem := _problem(connection):
            raise StorageUnavailable(problem[0], where=database.place, fix=problem[1])


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _is_empty(connection: Connection) -> bool:
    return not inspect(connection).get_table_names()


def _create(connection: Connection) -> None:
    """All tables at once, without Alembic; a test proves that the migrations lead to the very same ones."""
    metadata.create_all(connection)
    connection.execute(coordination.insert().values(id=1, sendings=0))
    connection.execute(
        text(
            "CREATE TABLE alembic_version"
            " (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": HEAD})


def _problem(connection: Connection) -> tuple[str, str] | None:
    """What is wrong with the revision, and the way out."""
    revision = _revision(connection)
    if revision == HEAD:
        return None
    if revision is None:
        if _is_empty(connection):
            return "the database is empty", "Run: phasebot db upgrade"
        return "the database holds other tables, and none of phasebot's", "Name another database."
    if revision in REVISIONS:
        return f"the tables are older than this phasebot ({revision}, wanted {HEAD})", "Run: phasebot db upgrade"
    return f"the tables are of another, newer phasebot ({revision}, known up to {HEAD})", "Install a newer phasebot."


def _refuse_unknown(connection: Connection, place: str) -> None:
    problem = _problem(connection)
    if problem and _revision(connection) not in REVISIONS:
        raise StorageUnavailable(problem[0], where=place, fix=problem[1])


def migrate(connection: Connection, revision: str) -> None:
    """Up or down to a revision ("base": no tables at all), within the transaction of this connection."""
    from alembic import command
    from alembic.config import Config

    with as_file(files("migrations")) as folder:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(folder))
        go = command.downgrade if revision == "base" or revision < (_revision(connection) or "") else command.upgrade
        go(config, revision)


def _drift(connection: Connection) -> list[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [f"differs from what this version wants: {_told(change)}" for change in compare_metadata(context, metadata)]


def _told(change: object) -> str:
    """One difference as Alembic names it: (what is to be done, with what), or a list of these about one column."""
    if isinstance(change, list):
        return "; ".join(map(_told, change))
    assert isinstance(change, tuple)
    what, *about = change
    names = [str(getattr(one, "name", one)) for one in about if one is not None]
    return f"{what.replace('_', ' ')} {' '.join(names)}"
