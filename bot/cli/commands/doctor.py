"""`phasebot doctor`: is everything there that phasebot needs, and if not, what is the way out."""

from __future__ import annotations

import click

from bot.cli.exits import Exit
from bot.cli.options import database_option

ICONS = {"fine": ("✓", "green"), "attention": ("!", "yellow"), "broken": ("✗", "red")}


@click.command(short_help="Check the set-up, and say how to mend it.")
@click.option("--json", "as_json", is_flag=True, help="What was found, as one JSON object.")
@click.option("--repo", metavar="OWNER/NAME", help="Check this repository on GitHub as well.")
@database_option
def doctor(as_json: bool, repo: str | None, database: str | None) -> int:
    """Check the set-up, and say how to mend what is broken. Changes nothing; exit code 1 if something is broken.

    \b
    Example:
      phasebot doctor
      phasebot doctor --repo acme/site
    """
    import os

    from bot.cli.checks import Place, Verdict, examine
    from bot.settings import read_settings

    place = Place(read_settings(database_url=database), os.environ, repo)
    found = []
    for finding in examine(place):
        found.append(finding)
        if not as_json:
            _show(finding.check, finding.verdict, finding.message, finding.fix)
    is_broken = any(finding.verdict is Verdict.BROKEN for finding in found)
    if as_json:
        import json

        click.echo(json.dumps({"ok": not is_broken, "checks": [finding.as_json() for finding in found]}, indent=2))
    return Exit.FAILED if is_broken else Exit.DONE


def _show(check: str, verdict: str, message: str, fix: str) -> None:
    icon, color = ICONS[verdict]
    click.echo(f"{click.style(icon, fg=color)} {check.replace('_', ' ')}: {message}")
    if fix:
        click.echo(f"    {fix}")
