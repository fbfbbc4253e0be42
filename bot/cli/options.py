"""Options that several commands share."""

from __future__ import annotations

import click

MOST_PHASES = 1000

max_phases_option = click.option(
    "--max-phases",
    type=click.IntRange(1, MOST_PHASES),
    default=20,
    show_default=True,
    metavar="N",
    help=f"More phases than these are an error; at most {MOST_PHASES}.",
)

database_option = click.option(
    "--db",
    "database",
    metavar="PATH",
    help="The database: a file, or a URL. Default: PHASEBOT_DATABASE_URL, then a file in your data folder.",
)
