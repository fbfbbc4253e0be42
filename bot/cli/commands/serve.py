"""`phasebot serve`: the server, with its workers in the same process."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.options import database_option


@click.command(short_help="Serve webhooks and the API, and carry plans out.")
@click.option("--host", help="The address to bind to. Default: 127.0.0.1, this machine alone.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to bind to. Default: 8321; 0 takes a free one.")
@click.option("--repo", metavar="OWNER/NAME", help="The repository on GitHub. Default: a tracker on this machine.")
@click.option(
    "--workspace",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder that phases work in. Default: a clone of each project's repository.",
)
@click.option(
    "--role",
    metavar="ROLES",
    default="",
    help="What this process does, by commas: web, inbox, outbox, clock, jobs. Default: all.",
)
@database_option
def serve(
    host: str | None, port: int | None, repo: str | None, workspace: Path | None, role: str, database: str | None
) -> None:
    """Serve webhooks and the API, and carry plans out, until interrupted.

    Phases that run on this machine work in clones of their projects' repositories (PHASEBOT_GIT_URL says where those
    are, if not on the GitHub in use). Plans of a tracker on this machine have none: they work in the folder.

    \b
    Example:
      phasebot serve
      PHASEBOT_WEBHOOK_SECRET_FILE=/run/secrets/hook phasebot serve --repo acme/site --port 8080
    """
    import os

    from bot import log, tracing
    from bot.bootstrap import Options, Phasebot
    from bot.cli.workers import workers_for
    from bot.roles import Role, roles_of
    from bot.settings import read_settings
    from bot.web.serve import serve as serve_web
    from bot.web.serve import work_behind

    roles = roles_of(role)
    settings = read_settings(host=host, port=port, database_url=database)
    log.set_up(settings)
    tracing.set_up(os.environ)
    identity = None
    if repo is not None:
        from bot.cli.identity import checked_identity

        identity = checked_identity(settings, repo, os.environ)
    options = Options(
        repo=repo,
        identity=identity,
        workspace=workspace or Path.cwd(),
        clones=workspace is None,
        workers=workers_for(settings.workers),
        queue=True,
        roles=roles,
    )
    with Phasebot(settings, options) as phasebot:
        serve_web(phasebot) if Role.WEB in roles else work_behind(phasebot)
