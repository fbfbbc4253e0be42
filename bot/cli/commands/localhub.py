"""`phasebot localhub`: the local issue tracker, served until it is interrupted."""

from __future__ import annotations

import click

from bot.cli.options import database_option

LOOK_AGAIN = 1.0
"""Seconds between two looks at whether the process that serves the tracker is still there."""


@click.command(short_help="Serve the issues that runs keep on this machine.")
@database_option
def localhub(database: str | None) -> None:
    """Serve the issues that `phasebot run` keeps on this machine, with pages to read them in a browser.

    Stays until you press Ctrl-C. The port is the one that runs use, so links stay good. If a run serves the tracker at
    the moment, this takes over when that run ends.

    \b
    Example:
      phasebot localhub
    """
    from bot import log
    from bot.cli.signals import first_signal
    from bot.settings import read_settings
    from bot.tracker import LocalTracker

    settings = read_settings(database_url=database)
    log.set_up(settings)
    tracker = LocalTracker(settings.home)
    with first_signal() as stopped:
        try:
            address = tracker.open()
            click.echo(f"Issues of {settings.home}: {tracker.sign_in_url('/') or address.web_url}")
            click.echo("Press Ctrl-C to stop.", err=True)
            while not stopped.wait(LOOK_AGAIN):
                tracker.open()
        finally:
            tracker.close()
