"""`phasebot db`: the tables of the database."""

from __future__ import annotations

import click

from bot.cli.exits import Exit
from bot.cli.options import database_option


@click.group(short_help="Look after the database.")
def db() -> None:
    """Look after the database: bring its tables up to date, or check them."""


@db.command()
@database_option
def upgrade(database: str | None) -> None:
    """Bring the tables to what this version of phasebot wants. Safe to run again.

    \b
    Example:
      phasebot db upgrade
      phasebot db upgrade --db postgresql://bot@db.example.org/phasebot
    """
    from bot.settings import read_settings
    from bot.store import schema

    url = read_settings(database_url=database).database
    schema.upgrade(url)
    click.echo(f"up to date (revision {schema.HEAD}): {shown(url)}")


@db.command(short_help="Say whether the tables are those that this version wants.")
@database_option
def check(database: str | None) -> int:
    """Say whether the tables are those that this version wants; exit code 1 if not. Changes nothing.

    \b
    Example:
      phasebot db check
    """
    from bot.settings import read_settings

    url = read_settings(database_url=database).database
    problems = problems_of(url)
    for problem in problems:
        click.echo(f"✗ {shown(url)}: {problem}")
    if problems:
        click.echo("  Run: phasebot db upgrade")
        return Exit.FAILED
    click.echo(f"✓ {shown(url)} has the tables that this version wants")
    return Exit.DONE


def problems_of(url: str) -> list[str]:
    """What is wrong with the tables. A SQLite file that is not there is not made by looking."""
    from pathlib import Path

    from bot.store import schema

    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).exists():
        return ["there is no database yet"]
    return schema.check(url)


def shown(url: str) -> str:
    """The address of a database without its password; a SQLite file by its path."""
    from sqlalchemy import make_url

    return url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else make_url(url).render_as_string()
