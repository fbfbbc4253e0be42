"""Writes the pages of the documentation that follow from the code. `--check` only says whether they are up to date."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
from pydantic.fields import FieldInfo

from bot.cli.root import phasebot
from bot.settings import Settings, is_secret
from bot.tools import builtin_registry
from scripts.on_issues import on_issues
from scripts.on_policies import on_policies
from services.domain.transitions import RULES, PhaseState
from services.planning import rules, schema
from services.planning.policy import policy_schema

DOCS = Path(__file__).resolve().parent.parent / "docs"


def transitions() -> str:
    """The transition table, and the same as a diagram."""
    rows = [
        f"| {', '.join(f'`{state}`' for state in states)} | `{trigger}` | `{to}` |" for states, trigger, to in RULES
    ]
    arrows: dict[tuple[PhaseState, PhaseState], list[str]] = {}
    for states, trigger, to in RULES:
        for state in states:
            arrows.setdefault((state, to), []).append(trigger.replace("_", " "))
    drawn = [f"    {start} --> {end}: {', '.join(triggers)}" for (start, end), triggers in arrows.items()]
    return "\n".join(
        [
            "# How a phase changes",
            "",
            "This table is the only place that says how the stored state of a phase changes. Whatever is not in it",
            "cannot happen. The rules of the phase (retries left, a verdict wanted) pick the trigger before the table is",
            "asked, so that every state and trigger have one result.",
            "",
            "| from | trigger | to |",
            "|---|---|---|",
            *rows,
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {PhaseState.WAITING}",
            *drawn,
            "```",
            "",
        ]
    )


def settings() -> str:
    """Every environment variable, with its default."""
    rows = [
        f"| `PHASEBOT_{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "All settings come from the environment; options of a command win over them. A secret may also be in a file: set",
            "`PHASEBOT_…_FILE` to its path.",
            "",
            "| variable | default | what it is |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _default(field: FieldInfo) -> str:
    if is_secret(field):
        return "none (secret)"
    return f"`{field.default}`" if field.default not in ("", None) else "–"


def commands() -> str:
    """Every command with its options, as `--help` tells them."""
    context = click.Context(phasebot, info_name="phasebot", color=False, max_content_width=100)
    return "\n".join(["# Commands", "", *_command_pages(phasebot, context)])


def _command_pages(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from (f"## `{context.command_path}`", "", "```text", command.get_help(context), "```", "")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if child := command.get_command(context, name):
                yield from _command_pages(child, click.Context(child, info_name=name, parent=context))


def findings() -> str:
    """What `phasebot lint` can say about a plan."""
    return "\n".join(
        [
            "# Findings",
            "",
            "What `phasebot lint` and the preview say about a plan. Codes are stable: once published, a code keeps its",
            "meaning. An error keeps a plan from being published; warnings and notes do not. `phasebot lint --format sarif`",
            "gives the same codes to code scanning services.",
            "",
            "A finding has a line and a column, both from 1, the column in characters: that of the number, task, path or name",
            "it speaks of; where that stands elsewhere, that of the first word of the line; 1 for what is true of the whole",
            "document.",
            "",
            rules.as_markdown(),
        ]
    )


def parse_schema() -> str:
    """The JSON Schema of what `phasebot parse --json` prints."""
    return json.dumps(schema.plan_schema(), indent=2) + "\n"


def policy_language() -> str:
    """The JSON Schema of policies, with the tools that come with phasebot."""
    return json.dumps(policy_schema(builtin_registry({}).inputs()), indent=2) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "settings.md": settings,
    "transitions.md": transitions,
    "findings.md": findings,
    "on-issues.md": on_issues,
    "parse.schema.json": parse_schema,
    "policy.md": on_policies,
    "policy.schema.json": policy_language,
}


def outdated() -> list[str]:
    """The pages that are missing or say something else than the code."""
    return [name for name, page in PAGES.items() if _written(name) != page()]


def _written(name: str) -> str | None:
    path = DOCS / name
    return path.read_text(encoding="utf-8") if path.exists() else None


def main() -> int:
    stale = outdated()
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"docs/{name} is out of date; run make docs")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
