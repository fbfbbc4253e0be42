"""`phasebot token`: API tokens, made, listed and revoked in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.options import database_option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import closing

    from bot.settings import Settings
    from bot.store import Store
    from bot.tokens import Token

ROLES = ("viewer", "operator", "admin")


@click.group(short_help="Make, list and revoke API tokens.")
def token() -> None:
    """API tokens: each has a name, a role, and one project or all. Only a digest is kept."""


@token.command(short_help="Make a token, and show it once.")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="What it may do.")
@click.option("--project", metavar="OWNER/NAME", help="Only in this project. Default: in all.")
@click.option(
    "--days", type=click.IntRange(1, 3650), metavar="N", help="Good for N days. Default: until it is revoked."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@database_option
def create(name: str, role: str, project: str | None, days: int | None, as_json: bool, database: str | None) -> None:
    """Make a token. It goes to standard output and is shown this once.

    \b
    Example:
      phasebot token create ci --role operator --project acme/site --days 90
    """
    import getpass
    from datetime import timedelta

    from bot.clock import SystemClock
    from bot.intake import new_id
    from bot.settings import read_settings
    from bot.tokens import Token, checked_name, checked_project, digest, new_secret
    from services.domain.access import Role

    secret, now = new_secret(), SystemClock().now()
    made = Token(
        id=new_id(),
        name=checked_name(name),
        role=Role(role),
        project=checked_project(project),
        created_at=now,
        created_by=getpass.getuser(),
        expires_at=now + timedelta(days=days) if days else None,
    )
    with _opened(read_settings(database_url=database)) as store:
        store.credentials.add_token(made, digest(secret))
    if as_json:
        click.echo(_json({**_shown(made), "token": secret}))
        return
    click.echo(secret)
    click.echo(f"{made.name}: {_reach(made)}. It is not shown again.", err=True)


@token.command(name="list", short_help="All tokens there ever were.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@database_option
def list_(as_json: bool, database: str | None) -> None:
    """List tokens, oldest first, without the tokens themselves.

    \b
    Example:
      phasebot token list --json
    """
    from bot.clock import SystemClock

    with _stored(database) as store:
        tokens = store.credentials.tokens()
    if as_json:
        click.echo(_json([_shown(one) for one in tokens]))
        return
    now = SystemClock().now()
    for one in tokens:
        state = "revoked" if one.revoked_at else "good" if one.is_good(now) else "expired"
        used = f"used {one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never used"
        click.echo(f"{one.id}  {one.name}  {_reach(one)}, {state}, {used}")


@token.command(short_help="Refuse a token from now on.")
@click.argument("name")
@database_option
def revoke(name: str, database: str | None) -> None:
    """Revoke a token by its name or id. Sessions opened with it end, too.

    \b
    Example:
      phasebot token revoke ci
    """
    from bot.clock import SystemClock

    with _stored(database) as store:
        store.credentials.revoke_token(name, SystemClock().now())
    click.echo(f"{name} is refused from now on", err=True)


def _stored(database: str | None) -> closing[Store]:
    """The store, where tokens were made before."""
    from bot.cli.stored import settings_of_stored

    return _opened(settings_of_stored(database))


def _opened(settings: Settings) -> closing[Store]:
    from contextlib import closing

    from bot.clock import SystemClock
    from bot.store import Store

    return closing(Store(settings.database, clock=SystemClock()))


def _reach(one: Token) -> str:
    return f"{one.role} in {one.project or 'all projects'}"


def _shown(one: Token) -> dict[str, object]:
    return dict(_fields(one))


def _fields(one: Token) -> Iterator[tuple[str, object]]:
    for name in ("id", "name", "role", "project", "created_by"):
        yield name, getattr(one, name)
    for name in ("created_at", "expires_at", "revoked_at", "used_at"):
        at = getattr(one, name)
        yield name, at and at.isoformat()


def _json(value: object) -> str:
    import json

    return json.dumps(value, indent=2)
