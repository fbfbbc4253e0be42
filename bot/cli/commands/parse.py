"""`phasebot parse`: what a document means as a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from bot.cli.options import max_phases_option
from bot.cli.plan_file import read_plan

if TYPE_CHECKING:
    from services.domain.findings import Finding
    from services.planning.draft import PhaseDraft, PlanDraft


@click.command(short_help="Show what a document means as a plan.")
@click.argument("plan", required=False)
@click.option("--json", "as_json", is_flag=True, help="The whole draft as one JSON object.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of what --json prints, and parse nothing.")
@click.option("--single", is_flag=True, help="Take the whole document as one phase.")
@max_phases_option
def parse(plan: str | None, as_json: bool, schema: bool, single: bool, max_phases: int) -> None:
    """Show the phases, dependencies and findings of PLAN (a Markdown file, or - for stdin).

    Nothing is written anywhere. A document without phases is said to have none; that is no error.

    \b
    Example:
      phasebot parse plan.md
      phasebot parse plan.md --json | jq '.phases[].title'
    """
    if schema:
        from services.planning.schema import plan_schema

        click.echo(json.dumps(plan_schema(), indent=2))
        return
    if plan is None:
        raise click.UsageError("name a plan: a Markdown file, or - for stdin")
    draft = read_plan(plan, max_phases=max_phases, single=single).draft
    if as_json:
        click.echo(json.dumps(draft.as_json(), ensure_ascii=False, indent=2))
        return
    for line in _described(draft):
        click.echo(line)


def _described(draft: PlanDraft) -> Iterator[str]:
    yield click.style(draft.title, bold=True)
    if draft.has_phases:
        yield f"{_count(len(draft.phases), 'phase')}, read as {draft.dialect} ({draft.confidence:.0%} sure)"
    else:
        yield "No phases found. Give the document headings such as `## Phase 1: Setup`, or use --single."
    names = {phase.key: phase.number or phase.title for phase in draft.phases}
    for phase in draft.phases:
        yield ""
        yield from _phase(phase, names)
    if draft.findings:
        yield ""
        yield from map(finding_line, draft.findings)


def _phase(phase: PhaseDraft, names: dict[str, str]) -> Iterator[str]:
    name = f"{phase.number}: {phase.title}" if phase.number else phase.title
    yield f"{click.style(name, bold=True)}  {click.style(f'line {phase.line}', dim=True)}"
    if phase.depends_on:
        needs = (
            f"{names[need.key]} ({'stated in' if need.source == 'stated' else 'order of'} line {need.line})"
            for need in phase.depends_on
        )
        yield f"  needs {', '.join(needs)}"
    if phase.tasks:
        done = sum(task.done for task in phase.tasks)
        yield f"  {_count(len(phase.tasks), 'task')}{f', {done} done' if done else ''}"
    if phase.external_docs:
        yield f"  documents: {', '.join(phase.external_docs)}"


def finding_line(finding: Finding) -> str:
    """One finding in one line, without the name of the file."""
    fix = f". {finding.fix}" if finding.fix else ""
    return f"line {finding.line}, column {finding.column}: {finding.severity}: {finding.message}{fix} [{finding.code}]"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
