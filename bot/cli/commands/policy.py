"""`phasebot policy`: check a policy file, show what counts for a phase, change a value, print the schema."""

from __future__ import annotations

import click


@click.group(short_help="Check, show or change a policy.")
def policy() -> None:
    """Check a policy (`.github/phasebot.yml`), which says how the phases of a plan are carried out."""


@policy.command()
@click.argument("file")
@click.option("--plan", metavar="PLAN", help="A plan; entries that match none of its phases are pointed out.")
def validate(file: str, plan: str | None) -> None:
    """Check FILE, and tell all that is wrong with it at once. Exit code 2 if it cannot be used.

    \b
    Example:
      phasebot policy validate .github/phasebot.yml
      phasebot policy validate phasebot.yml --plan plan.md
    """
    from bot.cli.options import MOST_PHASES
    from bot.cli.plan_file import read_plan
    from bot.cli.policy_file import read_policy_file

    found = read_policy_file(file)
    warnings = list(found.findings)
    if plan is not None:
        warnings += found.unmatched(read_plan(plan, max_phases=MOST_PHASES).draft.phases)
    for warning in warnings:
        click.echo(f"{file}:{warning.line}: {warning.severity}: {warning.message} {warning.fix}".rstrip())
    count = len(found.entries)
    click.echo(f"✓ {file}: valid, version 1, {count} {'entry' if count == 1 else 'entries'} for phases")


@policy.command()
def schema() -> None:
    """Print the JSON Schema of policies, for your editor.

    \b
    Example:
      phasebot policy schema > phasebot.schema.json
    """
    import json

    from bot.cli.policy_file import known_tools
    from services.planning.policy import policy_schema

    click.echo(json.dumps(policy_schema(known_tools()), indent=2))


@policy.command()
@click.argument("file")
@click.option(
    "--phase", "title", metavar="NAME", help="A phase, by title or number. Default: one that no entry matches."
)
@click.option("--label", "labels", multiple=True, help="A label of the phase.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(file: str, title: str | None, labels: tuple[str, ...], as_json: bool) -> None:
    """Show what FILE says of a phase, and where it says so.

    \b
    Example:
      phasebot policy show .github/phasebot.yml --phase Release
    """
    import json
    from dataclasses import asdict

    from bot.cli.policy_file import policy_text, read_policy_file
    from services.planning.policy import Subject, applied_to

    found = read_policy_file(file)
    subject = Subject(title or "", title if title and title[:1].isdigit() else None, labels)
    told = applied_to(found, policy_text(file), subject)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in told], ensure_ascii=False))
        return
    for one in told:
        place = f"line {one.line}" if one.line else "built in"
        click.echo(f"{one.key:<13} {json.dumps(one.value, ensure_ascii=False):<40} {one.said_by} ({place})")


@policy.command("set", short_help="Write a value into a policy, and keep its comments.")
@click.argument("file")
@click.argument("path")
@click.argument("value")
def set_value(file: str, path: str, value: str) -> None:
    """Write VALUE at PATH of FILE and leave all the rest as it is, comments too. Nothing is written if the policy would be
    wrong with it.

    \b
    Example:
      phasebot policy set phasebot.yml limits.workers 4
      phasebot policy set phasebot.yml phases[2].retries "{count: 3, delay: 1m}"
    """
    from bot.cli.policy_file import edit_policy_file

    edit_policy_file(file, path, value)
    click.echo(f"✓ {file}: {path} is {value}")
