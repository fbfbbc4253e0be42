"""`phasebot serve`: the server, with its workers in the same process."""

from __future__ import annotations

import click

from bot.cli.options import database_option


@click.command(short_help="Serve webhooks and the API, and carry plans out.")
@click.option("--host", help="The address to bind to. Default: 127.0.0.1, this machine alone.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to bind to. Default: 8321; 0 takes a free one.")
@click.option("--repo", metavar="OWNER/NAME", help="The repository on GitHub. Default: a tracker on this machine.")
@database_option
def serve(host: str | None, port: int | None, repo: str | None, database: str | None) -> None:
    """Serve webhooks and the API, and carry plans out, until interrupted.

    \b
    Example:
      phasebot serve
      PHASEBOT_WEBHOOK_SECRET_FILE=/run/secrets/hook phasebot serve --repo acme/site --port 8080
    """
    import os

    from bot import log, tracing
    from bot.bootstrap import Options, Phasebot
    from bot.cli.workers import workers_for
    from bot.settings import read_settings
    from bot.web.serve import serve as serve_web

    settings = read_settings(host=host, port=port, database_url=database)
    log.set_up(settings)
    tracing.set_up(os.environ)
    identity = None
    if repo is not None:
        from bot.cli.identity import checked_identity

        identity = checked_identity(settings, repo, os.environ)
    with Phasebot(
        settings, Options(repo=repo, identity=identity, workers=workers_for(settings.workers), queue=True)
    ) as phasebot:
        serve_web(phasebot)
