"""`phasebot run`: publish a plan, carry it out, wait, and say how it went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bot.cli.exits import Exit
from bot.cli.options import DurationOption, database_option, max_phases_option


@click.command(short_help="Publish a plan, carry it out, and wait.")
@click.argument("plan")
@click.option(
    "--policy", metavar="FILE", help="What to run for each phase. Without one, every phase is a person's work."
)
@click.option("--repo", metavar="OWNER/NAME", help="Publish to this repository on GitHub; needs a token.")
@click.option("--phases", metavar="A,B", multiple=True, help="Only these, by key, number or title.")
@click.option("--ignore-dependencies", is_flag=True, help="Run the selected phases without what they need.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Phases run at once, and files of a `foreach`. Default: the policy's, or 2; at most half the cores. "
    "Tools that write a copy need up to 2.5 times the size of each file worked on as free disk; outside of git each phase "
    "takes a copy of the folder as well.",
)
@click.option(
    "--max-duration",
    metavar="TIME",
    type=DurationOption(),
    help="Begin nothing more after this long, such as 30m or 8h.",
)
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    help="The folder that commands run in. Default: this one.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; show the issues and operations exactly.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line on stdout, for machines.")
@click.option("--wait", is_flag=True, help="Stay while phases wait for a person.")
@click.option("--again", is_flag=True, help="Make a new plan, instead of going on with the one of the last time.")
@click.option("--single", is_flag=True, help="Take the whole document as one phase.")
@click.option("--no-issues", "issues", flag_value=False, default=True, type=bool, help="Carry it out without issues.")
@click.option("--title", help="The plan's title, in place of the document's.")
@click.option("-v", "--verbose", is_flag=True, help="With --dry-run: the bodies of the issues as well.")
@max_phases_option
@database_option
def run(**options: Any) -> int:
    """Publish PLAN (a Markdown file, or - for stdin), carry out its phases in dependency order, and wait.

    Returns when nothing can move without a person. Running the same file again goes on with an unfinished plan: what is
    done stays done, what failed is tried again. Ctrl-C lets running phases finish; a second one ends them.

    \b
    Example:
      phasebot run plan.md --dry-run
      phasebot run plan.md --policy phasebot.yml --workspace build
      phasebot run plan.md --repo acme/site --policy phasebot.yml --phases 1,2
    """
    from bot.cli.run.request import Prepared, Request

    prepared = Prepared(Request(**options))
    for warning in filter(None, (*prepared.warnings(), prepared.left_out())):
        click.echo(warning, err=True)
    if prepared.request.dry_run:
        from bot.cli.run.dry_run import show

        show(prepared)
        return Exit.DONE
    import os

    from bot import log, tracing
    from bot.cli.run.running import carry_out
    from bot.settings import read_settings

    settings = read_settings(database_url=prepared.request.database)
    log.set_up(settings)
    tracing.set_up(os.environ)
    return carry_out(prepared, settings)
