"""The entry point: runs a command, and turns whatever goes wrong into a line for people and an exit code for scripts."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from bot.cli.exits import Exit, exit_for
from bot.cli.root import phasebot


def main() -> NoReturn:
    """Run the command of this process and end it with the documented exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Carry out one command line; its exit code."""
    try:
        code = phasebot.main(arguments, prog_name="phasebot", standalone_mode=False)
    except click.ClickException as error:
        return _misused(error)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last one to hear of it: told in words, kept in a file
        return _failed(error, debug="--debug" in arguments)
    return code if isinstance(code, int) else Exit.DONE


def _misused(error: click.ClickException) -> int:
    """Usage that does not fit. Click's own wording, in our own form; where only a command is missing, the help alone."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return Exit.INVALID
    click.echo(f"error: {error.format_message()}", err=True)
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(f"  See: {context.command_path} --help", err=True)
    return Exit.INVALID


def _failed(error: Exception, *, debug: bool) -> int:
    code = exit_for(error)
    if code is None:
        from bot.cli.crash import told

        click.echo(told(error, debug=debug), err=True)
        return Exit.CRASHED
    click.echo(f"error: {error}", err=True)
    if debug:
        from bot.cli.crash import traceback_of

        click.echo(traceback_of(error), err=True)
    return code
