"""`phasebot diff`: what running a plan again would change about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from bot.cli.options import database_option, max_phases_option
from bot.cli.plan_file import PlanFile, read_plan

if TYPE_CHECKING:
    from services.coordinator.new_version import NewVersion


@click.command(short_help="Show what a run would change about the plan made of a file before.")
@click.argument("plan")
@click.option("--json", "as_json", is_flag=True, help="The differences as one JSON object.")
@click.option("--policy", metavar="FILE", help="Compare the rules of this policy as well.")
@click.option("--repo", metavar="OWNER/NAME", help="The plan was published to this repository on GitHub.")
@click.option("--single", is_flag=True, help="Take the whole document as one phase.")
@click.option("--title", help="The plan's title, in place of the document's.")
@max_phases_option
@database_option
def diff(as_json: bool, policy: str | None, repo: str | None, database: str | None, **how: Any) -> None:
    """Compare PLAN (a Markdown file, or - for stdin) with the plan that was made of it before. Changes nothing.

    Phases are known again by their content, even if they were renamed or renumbered. What is done, or runs, is kept when a
    run amends the plan; ticked boxes make no difference.

    \b
    Example:
      phasebot diff plan.md
      phasebot diff plan.md --json | jq '.phases[].changes'
    """
    from services.coordinator.intake import refuse_unusable

    file = read_plan(how["plan"], max_phases=how["max_phases"], single=how["single"], title=how["title"])
    refuse_unusable(file.draft, file.name)
    found = _compared(file, policy=policy, repo=repo, database=database)
    click.echo(json.dumps(_record(found), ensure_ascii=False, indent=2) if as_json else "\n".join(_lines(file, found)))


def _compared(file: PlanFile, *, policy: str | None, repo: str | None, database: str | None) -> NewVersion | None:
    from bot import log
    from bot.bootstrap import Options, Phasebot
    from bot.cli.policy_file import read_policy_file
    from bot.intake import Submission
    from bot.settings import read_settings
    from services.planning.policy import Policy
    from services.planning.scope import Scope

    told = read_policy_file(policy) if policy else Policy()
    settings = read_settings(database_url=database)
    log.set_up(settings)
    with Phasebot(settings, Options(repo=repo)) as bot:
        return bot.intake.changes(
            Submission(draft=file.draft, source=file.source, rules_for=told.rules_for, scope=Scope(done=told.done))
        )


def _record(found: NewVersion | None) -> dict[str, Any]:
    if found is None:
        return {"known": False}
    from bot.cli.run.words import changes_record

    return {"known": True, **changes_record(found)}


def _lines(file: PlanFile, found: NewVersion | None) -> list[str]:
    if found is None:
        return [f"No plan was made of {file.name} yet: a run would make one of {len(file.draft.phases)} phases."]
    return list(found.lines()) or ["Nothing has changed."]
