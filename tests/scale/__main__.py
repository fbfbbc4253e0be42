"""`python -m tests.scale [--seed N]`: the storm in full, on threads, on workers, and on workers of a server that is killed."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from bot import log
from bot.settings import Settings
from tests.scale.killing import under_a_killed_server
from tests.scale.storm import DEPTH, WIDTH, Weather, on_threads, on_workers

WAYS = {"threads": on_threads, "workers": on_workers, "a killed server": under_a_killed_server}


@click.command()
@click.option("--seed", default=1, show_default=True, help="Which storm.")
@click.option("--way", type=click.Choice(list(WAYS)), multiple=True, help="Only in this way.")
def main(seed: int, way: tuple[str, ...]) -> None:
    """Carry the storm out, and compare with a sequential run."""
    log.set_up(Settings(log_level="error"))
    for name in way or WAYS:
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            WAYS[name](Path(folder), Weather(seed))
            took = time.monotonic() - began
            click.echo(f"seed {seed}, {name}: {WIDTH * DEPTH} artifacts as in a sequential run, {took:.0f} s")


if __name__ == "__main__":
    main()
