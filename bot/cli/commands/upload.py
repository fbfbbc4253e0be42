"""`phasebot upload`: hand a plan in at a server, at once or to be looked at first."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.reaching import server_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.web.api.shapes import PreviewShape


@click.command(short_help="Hand a plan in at a server.")
@click.argument("plan")
@click.option(
    "--policy", type=click.Path(dir_okay=False), metavar="FILE", help="Takes the place of the repository's own."
)
@click.option("--project", metavar="OWNER/NAME", help="The repository. Default: the server's own.")
@click.option(
    "--preview",
    "step",
    flag_value="preview",
    help="Only say what it would become; publish it later, here or on the console.",
)
@click.option("--confirm", "step", flag_value="confirm", help="PLAN is the id of a preview: publish it.")
@click.option("--again", is_flag=True, help="Make a new plan, even if this very document is one already.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@server_option
def upload(
    plan: str,
    policy: str | None,
    project: str | None,
    step: str | None,
    again: bool,
    as_json: bool,
    server: str | None,
) -> None:
    """Hand PLAN (a Markdown file, or - for standard input) in at a server (`phasebot serve`), which publishes it and carries it
    out. It is asked with PHASEBOT_API_TOKEN.

    \b
    Example:
      phasebot upload plan.md --project acme/site
      phasebot upload plan.md --preview
      phasebot upload --confirm 7kd0x9q2mz
    """
    from bot.cli.plan_file import STDIN, plan_bytes
    from bot.cli.policy_file import policy_text
    from bot.cli.reaching import client_of

    with closing(client_of(server)) as client:
        if step == "confirm":
            made = client.confirm(plan, again=again or None)
            _say(made.model_dump_json(), f"published as plan {made.plan_id}", as_json=as_json)
            return
        content, rules = plan_bytes(plan), None if policy is None else policy_text(policy)
        name = "plan.md" if plan == STDIN else Path(plan).name
        if step == "preview":
            shown = client.preview(content, name=name, policy=rules, project=project)
            _say(shown.model_dump_json(), "\n".join(_lines(shown)), as_json=as_json)
            return
        found = client.upload(content, name=name, policy=rules, project=project, again=again or None)
        _say(found.model_dump_json(), f"published as plan {found.id}, {len(found.phases)} phases", as_json=as_json)


def _say(record: str, words: str, *, as_json: bool) -> None:
    click.echo(record if as_json else words)


def _lines(shown: PreviewShape) -> Iterator[str]:
    from bot.cli.run.words import one_line

    yield f"{one_line(shown.title)}, for {shown.project}"
    for phase in shown.phases:
        after = f" (after {', '.join(map(str, phase.depends_on))})" if phase.depends_on else ""
        yield f"  {phase.place} {one_line(phase.title)}{after}: {phase.executor}"
    for found in (*shown.findings, *shown.policy_findings):
        yield f"  {found.severity}, line {found.line}: {one_line(found.message)}. {one_line(found.fix)}".rstrip()
    yield from (f"  {line}" for line in shown.changes)
    if shown.may_be_published:
        yield f"Nothing is published yet: phasebot upload --confirm {shown.id}"
    else:
        yield "It cannot be published as it stands."
