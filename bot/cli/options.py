"""Options that several commands share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

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


class DurationOption(click.ParamType[timedelta]):
    """A duration as the policy writes them: 90s, 30m, 2h."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from pydantic_core import PydanticCustomError

        from services.planning.policy.durations import duration

        try:
            return duration(value)
        except PydanticCustomError as error:
            self.fail(str(error.message_template), param, ctx)


database_option = click.option(
    "--db",
    "database",
    metavar="PATH",
    help="The database: a file, or a URL. Default: PHASEBOT_DATABASE_URL, then a file in your data folder.",
)
