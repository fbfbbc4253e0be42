"""`phasebot tui`: projects, queue, plans and phases in the terminal, from a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.settings import Settings


@click.command(short_help="Look and steer in the terminal.")
@click.option(
    "--server", metavar="URL", help="A phasebot server. Default: that of this machine, as PHASEBOT_HOST/PORT say."
)
def tui(server: str | None) -> None:
    """Look at projects, queue, plans, phases and their logs, and steer them, in the terminal; ? lists the keys.

    It asks a server (`phasebot serve`) with PHASEBOT_API_TOKEN; without one it asks you for a token.

    \b
    Example:
      phasebot tui
      phasebot tui --server https://phasebot.example.org
    """
    from bot.settings import read_settings

    _require_textual()
    settings = read_settings()
    url = server or f"http://{_host(settings)}:{settings.port}"
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


def _host(settings: Settings) -> str:
    """Where a server that binds to every address is reached from here."""
    from ipaddress import ip_address

    try:
        address = ip_address(settings.host)
    except ValueError:
        return settings.host
    shown = (
        "::1"
        if address.version == 6 and address.is_unspecified
        else "127.0.0.1"
        if address.is_unspecified
        else str(address)
    )
    return f"[{shown}]" if ":" in shown else shown


def _token(settings: Settings) -> str:
    """Raises NotAllowed where there is none, and nobody to ask."""
    import sys

    from services.domain.errors import NotAllowed

    if settings.api_token is not None:
        return settings.api_token.get_secret_value()
    if sys.stdin.isatty():
        given: str = click.prompt(
            "Token (serve prints one; `phasebot token create` makes one)", hide_input=True, err=True
        )
        return given.strip()
    fix = "Set it to the token that `phasebot serve` printed, or make one: phasebot token create NAME"
    raise NotAllowed("a server wants a token", where="PHASEBOT_API_TOKEN", fix=fix)


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
