"""Options that several commands share."""

from __future__ import annotations

import click

database_option = click.option(
    "--db",
    "database",
    metavar="PATH",
    help="The database: a file, or a URL. Default: PHASEBOT_DATABASE_URL, then a file in your data folder.",
)
