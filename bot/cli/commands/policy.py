"""`phasebot policy`: check a policy file, or print the schema of policies."""

from __future__ import annotations

import click


@click.group(short_help="Check a policy, or print its schema.")
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
    click.echo(f"✓ {file}: valid, version 1, {len(found.entries)} entries for phases")


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
