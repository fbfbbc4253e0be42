"""Reaching a server from the command line: where it is, and the token it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.client import Client
    from bot.settings import Settings

FIX = "Set it to the token that `phasebot serve` printed, or make one: phasebot token create NAME"

server_option = click.option(
    "--server", metavar="URL", help="A phasebot server. Default: that of this machine, as PHASEBOT_HOST/PORT say."
)


def client_of(server: str | None) -> Client:
    """Raises NotAllowed without a token."""
    from bot.client import Client
    from bot.settings import read_settings

    settings = read_settings()
    return Client(server or url_here(settings), configured_token(settings))


def url_here(settings: Settings) -> str:
    """Of the server that these settings would start."""
    return f"http://{_host(settings.host)}:{settings.port}"


def _host(bound: str) -> str:
    """Where a server that binds to every address is reached from here."""
    from ipaddress import ip_address

    try:
        address = ip_address(bound)
    except ValueError:
        return bound
    here = "::1" if address.version == 6 else "127.0.0.1"
    shown = here if address.is_unspecified else str(address)
    return f"[{shown}]" if ":" in shown else shown


def configured_token(settings: Settings) -> str:
    """Raises NotAllowed without one."""
    from services.domain.errors import NotAllowed

    if settings.api_token is None:
        raise NotAllowed("a server wants a token", where="PHASEBOT_API_TOKEN", fix=FIX)
    return settings.api_token.get_secret_value()
