"""`phasebot tool`: what a server can run on request, running it, and what became of that."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from bot.cli.options import DurationOption
from bot.cli.reaching import server_option

if TYPE_CHECKING:
    from bot.client import Client
    from bot.web.api.shapes import JobShape

_WAIT = 5
"""Seconds between two looks at the output."""

why_option = click.option("--why", metavar="WORDS", default="", help="For the audit trail.")
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group(short_help="Run tools on a server, apart from any plan.")
def tool() -> None:
    """Tools of a server (`phasebot serve`), asked with PHASEBOT_API_TOKEN. It runs those that its operator exposes by
    PHASEBOT_API_TOOLS, each in a folder that is thrown away afterwards.

    \b
    Example:
      phasebot tool list
      phasebot tool run http --arguments '{"url": "https://example.com/health"}'
    """


@tool.command(name="list", short_help="The tools there are.")
@json_option
@server_option
def list_(as_json: bool, server: str | None) -> None:
    """List tools, and whether they are run on request.

    \b
    Example:
      phasebot tool list --json
    """
    with closing(_client(server)) as client:
        tools = client.tools()
    if as_json:
        _print([one.model_dump(mode="json") for one in tools])
        return
    for one in tools:
        state = "exposed" if one.exposed else "not exposed"
        runs = f"{one.metrics.success_count} passed, {one.metrics.error_count} failed"
        click.echo(f"{one.name:<12} {one.availability}, {state}; {runs}" + (f": {one.why}" if one.why else ""))


@tool.command(short_help="Run one, and wait for its end.")
@click.argument("name")
@click.option("--arguments", metavar="JSON", default="{}", help="What it takes, as an object; `-` reads it from input.")
@click.option("--project", metavar="OWNER/NAME", help="For this project. Default: the server's own.")
@click.option(
    "--timeout",
    type=DurationOption(),
    callback=lambda _context, _option, given: given and max(1, round(given.total_seconds())),
    metavar="TIME",
    help="End it after 90s, 30m, 2h. Default: 10m.",
)
@why_option
@click.option("--no-wait", is_flag=True, help="Only say which job it is.")
@json_option
@server_option
def run(name: str, arguments: str, no_wait: bool, as_json: bool, server: str | None, **options: Any) -> None:
    """Run the tool NAME. Its output goes to standard output; exit code 1 if it fails. Interrupted, it goes on there.

    \b
    Example:
      phasebot tool run command --arguments '{"run": "make smoke"}' --timeout 5m
    """
    import sys

    from bot.cli.exits import Exit

    given = _object(sys.stdin.read() if arguments == "-" else arguments)
    with closing(_client(server)) as client:
        job = client.execute(name, given, **options)
        click.echo(f"job {job.id}", err=True)
        if not no_wait:
            job = _followed(client, job, is_shown=not as_json)
    if as_json:
        _print(job.model_dump(mode="json"))
    elif job.failure is not None:
        click.echo(f"{job.state}: {job.failure.message} [{job.failure.type}]", err=True)
    if job.finished_at is not None and job.failure is not None:
        raise click.exceptions.Exit(Exit.FAILED)


@tool.command(short_help="What was run on request.")
@click.option("--project", metavar="OWNER/NAME", help="Only this project.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, metavar="N", help="At most so many.")
@json_option
@server_option
def jobs(project: str | None, limit: int, as_json: bool, server: str | None) -> None:
    """List jobs, the newest first.

    \b
    Example:
      phasebot tool jobs --project acme/site
    """
    from itertools import islice

    with closing(_client(server)) as client:
        found = list(islice(client.jobs(project=project), limit))
    if as_json:
        _print([one.model_dump(mode="json") for one in found])
        return
    for one in found:
        why = f": {one.failure.message}" if one.failure else ""
        click.echo(
            f"{one.id}  {one.created_at:%Y-%m-%d %H:%M}  {one.state:<9}  {one.tool:<10} {one.project}"
            f"  by {one.requested_by}{why}"
        )


@tool.command(short_help="End a job.")
@click.argument("job")
@why_option
@server_option
def cancel(job: str, why: str, server: str | None) -> None:
    """End JOB, wherever it runs.

    \b
    Example:
      phasebot tool cancel 7kd0x9q2mz
    """
    with closing(_client(server)) as client:
        client.cancel_job(job, why=why)
    click.echo(f"cancel: {job}", err=True)


def _followed(client: Client, job: JobShape, *, is_shown: bool) -> JobShape:
    """The job at its end; its output is shown as it comes."""
    at = 0
    while True:
        job = client.job(job.id, wait=_WAIT)
        while is_shown and (part := client.job_log(job.id, offset=at)).text:
            click.echo(part.text, nl=False)
            at = part.next
        if not job.state.is_live:
            return job


def _object(text: str) -> dict[str, Any]:
    import json

    try:
        given = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"this is no JSON: {error}", param_hint="--arguments") from None
    if not isinstance(given, dict):
        raise click.BadParameter('this has to be an object, such as {"run": "make"}', param_hint="--arguments")
    return given


def _client(server: str | None) -> Client:
    from bot.cli.reaching import client_of

    return client_of(server)


def _print(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
