"""`phasebot retract`: close what was created for a plan, and give the plan up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bot.cli.exits import Exit
from bot.cli.options import database_option

if TYPE_CHECKING:
    from bot.bootstrap import Phasebot
    from services.domain.plan import Plan

LOOK_AGAIN = 0.1
"""Seconds between two looks at how far it is."""


@click.command(short_help="Close what was created for a plan, and give the plan up.")
@click.argument("plan_id")
@click.option("--repo", metavar="OWNER/NAME", help="The plan was published to this repository on GitHub.")
@database_option
def retract(plan_id: str, repo: str | None, database: str | None) -> int:
    """Close every issue that was created for the plan PLAN_ID as not planned, and give the plan up for good.

    What is closed as completed stays so; of an issue that a person wrote, only what was put into it is taken out. The parent
    then says what was left, and why. Broken off, the same command goes on.

    \b
    Example:
      phasebot retract 4k7dmp2x9b
      phasebot retract 4k7dmp2x9b --repo acme/site
    """
    import os

    from bot import log
    from bot.bootstrap import Options, Phasebot
    from bot.cli.identity import checked_identity
    from bot.cli.stored import settings_of_stored

    settings = settings_of_stored(database)
    log.set_up(settings)
    identity = checked_identity(settings, repo, os.environ) if repo else None
    with Phasebot(settings, Options(repo=repo, identity=identity)) as bot:
        return _retracted(bot, _plan(bot, plan_id, repo))


def _plan(bot: Phasebot, id: str, repo: str | None) -> Plan:
    from services.domain.errors import NotFound, UserError

    plan = bot.answers.plan(id)
    if plan is None:
        raise NotFound(
            f"there is no plan {id}", where=bot.settings.home.as_posix(), fix="`phasebot run` names its plan."
        )
    is_here = plan.project.partition("/")[0] == bot.tracker.owner if repo is None else plan.project == repo
    if plan.tracked and not is_here:
        raise UserError(f"its issues are in {plan.project}", where=f"plan {id}", fix=f"Add --repo {plan.project}.")
    return plan


def _retracted(bot: Phasebot, plan: Plan) -> int:
    """Order it, unless an earlier command has, and wait until its issues are settled."""
    from bot.cli.signals import first_signal
    from services.domain.messages import RetractPlan

    bot.start(hold=True)
    if plan.retracted_at is None:
        bot.order(RetractPlan(plan=plan.id, cause=f"retract/{plan.id}"))
    with first_signal() as stopped:
        while plan.tracked and not (_news(bot, plan) or bot.answers.dead_letters(plan.id)):
            if stopped.wait(LOOK_AGAIN):
                click.echo("interrupted; the same command goes on", err=True)
                return Exit.INTERRUPTED
    return _told(bot, plan)


def _news(bot: Phasebot, plan: Plan) -> dict[str, Any]:
    """What became of its issues; empty as long as that is not known."""
    lines = bot.store.records.events(plan=plan.id, kind="issues_retracted")
    return dict(lines[-1].event.facts) if lines else {}


def _told(bot: Phasebot, plan: Plan) -> int:
    if letters := bot.answers.dead_letters(plan.id):
        click.echo("\n".join(f"not done: {one}" for one in letters), err=True)
        return Exit.INTERRUPTED
    news = _news(bot, plan)
    closed, left = (news["closed"], news["left"]) if news else ([], {})
    click.echo(f"{plan.title}: retracted, {len(closed)} issues closed, {len(left)} left")
    for number, why in left.items():
        click.echo(f"  #{number} {_LEFT[why]}")
    return Exit.DONE


_LEFT = {
    "completed": "stays closed as completed",
    "not_ours": "was written by somebody else; what was put into it is taken out",
    "gone": "is gone",
}
