"""`phasebot tui`: projects, queue, plans and phases in the terminal, from a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.reaching import server_option

if TYPE_CHECKING:
    from bot.settings import Settings


@click.command(short_help="Look and steer in the terminal.")
@server_option
def tui(server: str | None) -> None:
    """Look at projects, queue, plans, phases and their logs, and steer them, in the terminal; ? lists the keys.

    It asks a server (`phasebot serve`) with PHASEBOT_API_TOKEN; without one it asks you for a token.

    \b
    Example:
      phasebot tui
      phasebot tui --server https://phasebot.example.org
    """
    from bot.cli.reaching import url_here
    from bot.settings import read_settings

    _require_textual()
    settings = read_settings()
    url = server or url_here(settings)
    token = _token(settings)
    _require_server(url, token, is_named=server is not None)
    from bot.tui.app import look
    from bot.tui.link import Link

    look(Link(url, token))


def _require_textual() -> None:
    """Raises UserError."""
    from importlib.util import find_spec

    from services.domain.errors import UserError

    if find_spec("textual") is None:
        raise UserError(
            "the terminal interface needs Textual, which is not installed", fix="pip install 'phasebot[tui]'"
        )


def _token(settings: Settings) -> str:
    """Raises NotAllowed where there is none, and nobody to ask."""
    import sys

    from bot.cli.reaching import configured_token

    if settings.api_token is None and sys.stdin.isatty():
        given: str = click.prompt(
            "Token (serve prints one; `phasebot token create` makes one)", hide_input=True, err=True
        )
        return given.strip()
    return configured_token(settings)


def _require_server(url: str, token: str, *, is_named: bool) -> None:
    """It answers, and knows the token. Raises RemoteUnavailable or NotAllowed with the way out."""
    from bot.client import Client
    from services.domain.errors import RemoteUnavailable

    try:
        with Client(url, token) as client:
            client.changes()
    except RemoteUnavailable as error:
        if is_named:
            raise
        fix = "Start one: phasebot serve. Or name another: phasebot tui --server URL"
        raise RemoteUnavailable("no phasebot server answers here", where=error.where, fix=fix) from None
