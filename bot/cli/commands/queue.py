"""`phasebot queue`: what waits, why, and the orders it takes; on a database, or on a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from bot.cli.options import database_option

if TYPE_CHECKING:
    from bot.cli.queue.places import Queue

PHASE_ORDERS = ("skip", "approve", "reject")
PLAN_ORDERS = ("pause", "resume")
EITHER_ORDERS = ("retry", "complete", "reopen", "cancel")

server_option = click.option(
    "--server", metavar="URL", help="A phasebot server, with PHASEBOT_API_TOKEN. Default: the database, as with --db."
)
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group(short_help="See what waits and why, and steer phases and plans.")
def queue() -> None:
    """The queue of phases: list it, ask why one waits, and give orders.

    A phase is named by its queue id (`4kd0x9q2mz.2`), a plan by its own (`4kd0x9q2mz`); `queue list` shows both.

    \b
    Example:
      phasebot queue list --status blocked
      phasebot queue why 4kd0x9q2mz.3
      phasebot queue retry 4kd0x9q2mz.2 --server https://phasebot.example.org
    """


@queue.command(name="list", short_help="The phases of all plans.")
@click.option("--project", metavar="OWNER/NAME", help="Only this project.")
@click.option("--status", metavar="STATUS", help="Only phases that stand like this: ready, running, failed, blocked, …")
@click.option("--plan", metavar="ID", help="Only this plan.")
@json_option
@server_option
@database_option
def list_(
    project: str | None, status: str | None, plan: str | None, as_json: bool, server: str | None, database: str | None
) -> None:
    """List phases, the oldest plan first.

    \b
    Example:
      phasebot queue list
      phasebot queue list --status blocked --json
    """
    from bot.cli.queue import lines

    _known_status(status)
    with closing(_place(server, database)) as place:
        items = place.items(project=project, status=status, plan=plan)
        if as_json:
            click.echo(lines.as_json([one.model_dump(mode="json") for one in items]))
            return
        for line in lines.listed(items):
            click.echo(line)


@queue.command(short_help="One phase with its attempts.")
@click.argument("phase")
@json_option
@server_option
@database_option
def show(phase: str, as_json: bool, server: str | None, database: str | None) -> None:
    """Show PHASE (its queue id) in full.

    \b
    Example:
      phasebot queue show 4kd0x9q2mz.2
    """
    from bot.cli.queue import lines

    with closing(_place(server, database)) as place:
        item, attempts = place.item(phase), place.attempts(phase)
    if as_json:
        made = [one.model_dump(mode="json") for one in attempts]
        click.echo(lines.as_json({**item.model_dump(mode="json"), "attempts": made}))
        return
    for line in lines.shown(item, attempts):
        click.echo(line)


@queue.command(short_help="Why a phase is not running.")
@click.argument("phase")
@json_option
@server_option
@database_option
def why(phase: str, as_json: bool, server: str | None, database: str | None) -> None:
    """Say why PHASE (its queue id) is not running.

    \b
    Example:
      phasebot queue why 4kd0x9q2mz.3
    """
    from bot.cli.queue import lines

    with closing(_place(server, database)) as place:
        item = place.item(phase)
    if as_json:
        click.echo(
            lines.as_json({"status": item.status, "reason": item.reason and item.reason.model_dump(mode="json")})
        )
    elif item.reason is not None:
        click.echo(f"{item.phase_data.title}: {item.reason.words} [{item.reason.code}]")
    else:
        click.echo(lines.in_a_line(item))


def _ordering(verb: str) -> Callable[..., None]:
    def order(target: str, server: str | None, database: str | None, why: str = "") -> None:
        with closing(_place(server, database)) as place:
            place.order(verb, target, why)
        click.echo(f"{verb}: {target}", err=True)

    return order


def _orders() -> Iterator[click.Command]:
    """A command for each verb, with the words that `help` says about it in comments."""
    from services.commands.spec import RETRY, VERBS

    for verb in (*PHASE_ORDERS, *PLAN_ORDERS, *EITHER_ORDERS):
        takes_why = bool(VERBS[verb].rest)
        parameters: list[click.Parameter] = [click.Argument(["target"], metavar=_metavar(verb))]
        if takes_why:
            parameters.append(_how() if verb == RETRY else _why())
        command = click.Command(
            verb, params=parameters, callback=_ordering(verb), help=_help(verb), short_help=_short(VERBS[verb].help)
        )
        yield database_option(server_option(command))


def _why() -> click.Option:
    return click.Option(["--why"], metavar="TEXT", default="", help="For people to read.")


def _how() -> click.Option:
    words = "with-dependents, on=EXECUTOR and model=NAME; any of them."
    return click.Option(["--how", "why"], metavar="WORDS", default="", help=words)


def _help(verb: str) -> str:
    from services.commands.spec import VERBS

    target = "4kd0x9q2mz" if verb in PLAN_ORDERS else "4kd0x9q2mz.2"
    return f"{VERBS[verb].help}\n\n\b\nExample:\n  phasebot queue {verb} {target}"


def _short(help: str) -> str:
    """The first statement."""
    return f"{re.split(r'[;.](?: |$)', help, maxsplit=1)[0]}."


def _metavar(verb: str) -> str:
    return {PHASE_ORDERS: "PHASE", PLAN_ORDERS: "PLAN"}.get(next(one for one in _KINDS if verb in one), "PHASE|PLAN")


_KINDS = (PHASE_ORDERS, PLAN_ORDERS, EITHER_ORDERS)

for command in _orders():
    queue.add_command(command)


def _place(server: str | None, database: str | None) -> Queue:
    if server is None:
        import getpass

        from bot.cli.queue.places import OnDatabase
        from bot.cli.stored import settings_of_stored

        return OnDatabase(settings_of_stored(database), by=getpass.getuser())
    if database is not None:
        raise click.UsageError("--server and --db are two places; name one of them")
    from bot.cli.queue.places import OnServer
    from bot.cli.reaching import client_of

    return OnServer(client_of(server))


def _known_status(status: str | None) -> None:
    from services.domain.phase import QueueStatus

    known: list[Any] = [one.value for one in QueueStatus]
    if status is not None and status not in known:
        raise click.BadParameter(f"{status} is none of {', '.join(known)}", param_hint="--status")
