"""`phasebot publish`: make the issues of a plan, and carry nothing out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bot.cli.exits import Exit
from bot.cli.options import database_option, max_phases_option


@click.command(short_help="Make the issues of a plan, and carry nothing out.")
@click.argument("plan")
@click.option(
    "--repo", metavar="OWNER/NAME", help="Publish to this repository. Default: the one a link leads to, or none."
)
@click.option("--policy", metavar="FILE", help="The rules that the phases are to have once they are carried out.")
@click.option(
    "--dry-run", is_flag=True, help="Write nothing; say how many requests it takes, how long, and where it pauses."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for machines.")
@click.option("--again", is_flag=True, help="Make a new plan, instead of going on with the one of the last time.")
@click.option("--single", is_flag=True, help="Take the whole document as one phase.")
@click.option("--title", help="The plan's title, in place of the document's.")
@max_phases_option
@database_option
def publish(**options: Any) -> int:
    """Make the parent and the children of PLAN, with their links, and leave the work for later.

    PLAN is a Markdown file, - for stdin, a file of a repository (OWNER/NAME:PATH@REF, or the address of its page), or the
    address of a public attachment. Broken off, the same command goes on; `phasebot run` carries out what was published.

    \b
    Example:
      phasebot publish plan.md --repo acme/site --dry-run
      phasebot publish acme/site:docs/plan.md@main
    """
    from bot.cli import publishing
    from bot.cli.run.request import Prepared, Request

    unused: dict[str, Any] = {
        "phases": (),
        "ignore_dependencies": False,
        "workers": None,
        "workspace": Path(),
        "wait": False,
    }
    prepared = Prepared(Request(**options, **unused, issues=True, verbose=False))
    for warning in prepared.warnings():
        click.echo(warning, err=True)
    if prepared.request.dry_run:
        publishing.show_forecast(prepared)
        return Exit.DONE
    return publishing.publish(prepared)
