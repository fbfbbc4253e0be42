"""`phasebot worker`: carry out phases for a server, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.origins import ProjectOrigins
    from bot.settings import Settings


@click.command("worker", short_help="Carry out phases for a server that uses Redis.")
@click.option("--server", metavar="URL", help="The server that the phases belong to. Default: PHASEBOT_SERVER_URL.")
@click.option("--workers", type=click.IntRange(1), help="How many phases to carry out at once. Default: 2.")
@click.option(
    "--workspace",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder to work in. Default: a clone of each project's repository.",
)
def worker(server: str | None, workers: int | None, workspace: Path | None) -> None:
    """Take phases out of the queue and carry them out, until interrupted.

    The queue is on the Redis of PHASEBOT_REDIS_URL. What a phase is, and how it went, is asked of and told to the
    server; the worker needs neither its database nor its tokens. It works in clones of the projects' repositories,
    which it opens with a token of its own (PHASEBOT_GITHUB_TOKEN, PHASEBOT_APP_ID), or with short-lived ones of the
    server's App. The first SIGTERM or Ctrl-C lets finish what runs, the second ends it.

    \b
    Example:
      PHASEBOT_REDIS_URL=redis://queue:6379 phasebot worker --server https://phasebot.example.com --workers 4
    """
    import os

    from bot import log, tracing
    from bot.cli.workers import workers_for
    from bot.settings import read_settings
    from bot.worker.process import Ground, work

    settings = read_settings(server_url=server)
    log.set_up(settings)
    tracing.set_up(os.environ)
    work(settings, Ground(workspace, _own(settings)), workers_for(workers or settings.workers), say=click.echo)


def _own(settings: Settings) -> ProjectOrigins | None:
    """What this machine was told of repositories; None: the server knows."""
    if not (settings.git_url or settings.github_token or settings.app_id):
        return None
    import os

    from bot.cli.identity import find_identity
    from bot.origins import ProjectOrigins

    return ProjectOrigins(settings, find_identity(settings, os.environ), is_shared=True)
