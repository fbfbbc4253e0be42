"""`phasebot lint`: what could be better about a plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from bot.cli.exits import Exit
from bot.cli.options import max_phases_option
from bot.cli.plan_file import read_plan

if TYPE_CHECKING:
    from services.domain.findings import Finding


@click.command(short_help="Say what could be better about a plan.")
@click.argument("plan")
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", help="How to tell it.")
@max_phases_option
def lint(plan: str, form: str, max_phases: int) -> int:
    """Check PLAN (a Markdown file, or - for stdin), and say of each finding where it is and how to mend it.

    Exit code 1 if anything keeps the plan from being published, 0 if there are only warnings and notes.

    \b
    Example:
      phasebot lint plan.md
      phasebot lint plan.md --format sarif > findings.sarif
    """
    from services.domain.findings import has_errors

    read = read_plan(plan, max_phases=max_phases)
    findings = read.draft.findings
    click.echo(_FORMS[form](read.name, findings))
    return Exit.FAILED if has_errors(findings) else Exit.DONE


def _as_text(name: str, findings: Sequence[Finding]) -> str:
    lines = [f"{name}:{one.line}:{one.column}: {one.severity}: {_told(one)} [{one.code}]" for one in findings]
    return "\n".join(lines) or f"✓ {name}: nothing to complain about"


def _told(finding: Finding) -> str:
    return f"{finding.message}. {finding.fix}" if finding.fix else finding.message


def _as_json(name: str, findings: Sequence[Finding]) -> str:
    return json.dumps({"plan": name, "findings": [one.as_json() for one in findings]}, ensure_ascii=False, indent=2)


def _as_sarif(name: str, findings: Sequence[Finding]) -> str:
    from bot.cli.version import version
    from services.planning.sarif import as_sarif

    return json.dumps(as_sarif(findings, name=name, version=version()), ensure_ascii=False, indent=2)


_FORMS: dict[str, Callable[[str, Sequence[Finding]], str]] = {
    "text": _as_text,
    "json": _as_json,
    "sarif": _as_sarif,
}
