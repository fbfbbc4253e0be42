"""The root of the command line: `phasebot` and its commands."""

from __future__ import annotations

import os

import click

from bot.cli.commands.db import db
from bot.cli.commands.diff import diff
from bot.cli.commands.doctor import doctor
from bot.cli.commands.lint import lint
from bot.cli.commands.localhub import localhub
from bot.cli.commands.parse import parse
from bot.cli.commands.policy import policy
from bot.cli.commands.publish import publish
from bot.cli.commands.queue import queue
from bot.cli.commands.retract import retract
from bot.cli.commands.run import run
from bot.cli.commands.serve import serve
from bot.cli.commands.setup import setup
from bot.cli.commands.token import token
from bot.cli.commands.tool import tool
from bot.cli.commands.tui import tui
from bot.cli.commands.upload import upload
from bot.cli.commands.worker import worker
from bot.cli.commands.writeback import writeback


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from bot.cli.version import version

        click.echo(f"phasebot {version()}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Say which one this is."
)
@click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks.", is_eager=True)
@click.pass_context
def phasebot(context: click.Context) -> None:
    """Turns a Markdown plan into issues, and carries its phases out in dependency order.

    \b
    Try it, with no account and no service:
      phasebot run plan.md --dry-run                 what would happen
      phasebot run plan.md                           issues on this machine, work by hand
      phasebot run plan.md --policy phasebot.yml     phases carried out by commands

    \b
    Exit codes: 0 done, or only a person's work is left; 1 a phase failed or is blocked; 2 usage, plan or
    policy invalid; 3 GitHub unreadable; 4 not authorised; 5 interrupted or partial, can be resumed.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False


for command in (
    run,
    publish,
    retract,
    diff,
    writeback,
    parse,
    lint,
    policy,
    serve,
    worker,
    setup,
    token,
    queue,
    upload,
    tool,
    tui,
    localhub,
    db,
    doctor,
):
    phasebot.add_command(command)
