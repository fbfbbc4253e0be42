"""`phasebot writeback`: ticks in a plan file what is done."""

from __future__ import annotations

import click

from bot.cli.options import database_option
from bot.cli.plan_file import STDIN


@click.command(short_help="Tick in a plan file what is done.")
@click.argument("plan")
@click.option("--dry-run", is_flag=True, help="Show the lines that would change, and write nothing.")
@click.option("--repo", metavar="OWNER/NAME", help="The plan was published to this repository on GitHub.")
@database_option
def writeback(plan: str, dry_run: bool, repo: str | None, database: str | None) -> None:
    """Tick the boxes of finished phases in PLAN, a Markdown file that was run before.

    A finished phase's heading is signed (✅) only where the document signs its headings. Every other byte stays as it is.

    \b
    Example:
      phasebot writeback plan.md --dry-run
      phasebot writeback plan.md
    """
    from bot import log
    from bot.bootstrap import Options, Phasebot
    from bot.cli.progress_file import ProgressFile
    from bot.intake import Submission
    from bot.settings import read_settings
    from services.domain.errors import NotFound, UserError

    if plan == STDIN:
        raise UserError("progress is written into a file, not to stdin", where="PLAN", fix="Name the file.")
    file = ProgressFile.read(plan)
    settings = read_settings(database_url=database)
    log.set_up(settings)
    with Phasebot(settings, Options(repo=repo)) as bot:
        finished = bot.intake.finished(Submission(draft=file.draft, source=file.source))
    if finished is None:
        raise NotFound(f"no plan was made of {plan} yet", where=plan, fix=f"Run it first: phasebot run {plan}")
    made = file.ticks(finished)
    for tick in made if dry_run else ():
        click.echo(f"{plan}:{tick.line}: {tick.after.strip()}")
    if not dry_run:
        file.write(made)
    lines = "1 line" if len(made) == 1 else f"{len(made)} lines"
    click.echo(f"{lines} {'would be' if dry_run else 'were' if len(made) != 1 else 'was'} changed in {plan}", err=True)
