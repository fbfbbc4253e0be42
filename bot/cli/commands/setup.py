"""`phasebot setup`: make phasebot a GitHub App, with one click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bot.cli.exits import Exit
from bot.cli.options import database_option

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.setup.page import SetupPage

LOOK_AGAIN = 1.0
"""Seconds between two looks at whether somebody has pressed Ctrl-C."""


@click.command(short_help="Make phasebot a GitHub App, with one click.")
@click.option("--organization", metavar="ORG", help="Make the App this organization's. Default: your own.")
@click.option("--name", help="What the App is called; names are unique on GitHub. Default: phasebot and a few letters.")
@click.option("--force", is_flag=True, help="Make another App in place of the one that is kept already.")
@database_option
def setup(organization: str | None, name: str | None, force: bool, database: str | None) -> int:
    """Make phasebot a GitHub App: opens a page on this machine with one button that leads to GitHub.

    GitHub sends back the App's id, its private key and its webhook secret; they are kept beside the database, for you alone to
    read, and used from then on. With PHASEBOT_PUBLIC_URL set, the App's webhooks go there. Another server than github.com is
    named with PHASEBOT_GITHUB_API_URL.

    \b
    Example:
      phasebot setup
      phasebot setup --organization acme
    """
    from bot.cli.signals import first_signal
    from bot.settings import read_settings
    from bot.stored_app import stored_app

    settings = read_settings(database_url=database)
    known = stored_app(settings.home)
    if known is not None and not force:
        raise click.UsageError(f"There is an App already: {known.html_url}. Add --force to make another one.")
    with first_signal() as stopped, _page(settings, organization, name) as page:
        click.echo(f"Open this page and press the button: {page.url}")
        click.echo("Waiting for GitHub; press Ctrl-C to stop.", err=True)
        while not stopped.is_set():
            if installs := page.wait(LOOK_AGAIN):
                click.echo(f"The App is kept in {settings.home}. Install it where you plan: {installs}")
                return Exit.DONE
    return Exit.INTERRUPTED


def _page(settings: Settings, organization: str | None, name: str | None) -> SetupPage:
    import secrets

    from bot.setup.conversion import converted
    from bot.setup.manifest import manifest
    from bot.setup.page import SetupPage
    from bot.stored_app import store_app
    from bot.tracker import pages_of

    pages = pages_of(settings.github_api_url)
    owner = f"/organizations/{organization}" if organization else ""

    def ask(redirect_url: str) -> dict[str, Any]:
        called = name or f"phasebot-{secrets.token_hex(3)}"
        return manifest(called, home=pages, redirect_url=redirect_url, public_url=settings.public_url)

    def keep(code: str) -> str:
        app = converted(settings.github_api_url, code)
        store_app(settings.home, app)
        return f"{app.html_url}/installations/new"

    return SetupPage(f"{pages}{owner}/settings/apps/new", ask, keep)
