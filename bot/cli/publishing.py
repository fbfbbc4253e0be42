"""Publishing from the command line: the forecast, the issues, and where they are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click

from bot import log
from bot.bootstrap import Options, Phasebot
from bot.cli.exits import Exit
from bot.cli.identity import checked_identity, find_identity
from bot.cli.run.foreseen import foreseen
from bot.cli.run.request import Prepared
from bot.cli.run.words import duration, one_line
from bot.cli.signals import first_signal
from bot.clock import SystemClock
from bot.github.identity import Need, PersonalToken
from bot.intake import Submission
from bot.settings import Settings, read_settings
from bot.store import Store, schema
from services.domain.plan import Plan, PlanState
from services.publishing.forecast import Forecast, forecast
from services.publishing.pace import Pace

LOOK_AGAIN = 0.1
"""Seconds between two looks at how far it is."""


def show_forecast(prepared: Prepared) -> None:
    """What publishing would take, with nothing written anywhere."""
    settings, repo = read_settings(database_url=prepared.request.database), _repo(prepared)
    found = foreseen(prepared, settings)
    plan, ahead = found.plan, found.forecast
    pace = replace(settings.pace, spent=_spent(settings) if repo else 0)
    if prepared.request.as_json:
        click.echo(
            json.dumps({"event": "forecast", "title": plan.title, "repository": repo, **_record(ahead, pace, repo)})
        )
        return
    click.echo(click.style(f"{one_line(plan.title)}: dry run, nothing is written", bold=True))
    for line in _told(ahead, pace, repo):
        click.echo(line)


def publish(prepared: Prepared) -> Exit:
    """Publish, and wait until every issue and link is there."""
    settings = read_settings(database_url=prepared.request.database)
    log.set_up(settings)
    repo = _repo(prepared)
    identity = checked_identity(settings, repo, os.environ) if repo else None
    with Phasebot(settings, Options(repo=repo, identity=identity, labels=prepared.labels)) as bot:
        bot.start(hold=True)
        wanted = replace(prepared.submission, project=repo)
        plan = bot.intake.submit(_held_back(wanted, bot)).plan
        if repo and (ahead := forecast(plan)).issues:
            click.echo("\n".join(_told(ahead, bot.remote().pace(repo), repo)), err=True)
        with first_signal() as stopped:
            while not _is_over(plan, bot):
                if stopped.wait(LOOK_AGAIN):
                    click.echo("interrupted; the same command goes on", err=True)
                    return Exit.INTERRUPTED
                plan = bot.answers.plan(plan.id) or plan
        return _end(prepared, plan, bot)


def _held_back(wanted: Submission, bot: Phasebot) -> Submission:
    """A new plan begins with no phase selected; one that is known is amended, and whatever it does it goes on with."""
    known = bot.intake.known(wanted)
    if known is not None and known.state is not PlanState.PLANNED:
        return replace(wanted, start=False)
    return replace(wanted, scope=replace(wanted.scope, selected=frozenset()))


def _is_over(plan: Plan, bot: Phasebot) -> bool:
    is_waiting = plan.state is PlanState.PUBLISHING and not bot.answers.dead_letters(plan.id)
    return not is_waiting and bot.carrier.is_idle(plan.project)


def _end(prepared: Prepared, plan: Plan, bot: Phasebot) -> Exit:
    letters, url = bot.answers.dead_letters(plan.id), bot.answers.issue_url(plan)
    if prepared.request.as_json:
        issues = [phase.issue.number for phase in plan if phase.issue]
        record = {"event": "published", "plan": plan.id, "title": plan.title, "url": url, "issues": issues}
        click.echo(json.dumps({**record, "not_done": letters}, ensure_ascii=False))
    else:
        click.echo(f"{one_line(plan.title)}: published as plan {plan.id}, {len(plan.phases)} phases below {url}")
        for letter in letters:
            click.echo(f"not done: {letter}", err=True)
    return Exit.INTERRUPTED if letters else Exit.DONE


def _repo(prepared: Prepared) -> str | None:
    return prepared.request.repo or prepared.file.project


def _spent(settings: Settings) -> int:
    """What this account has written within the last hour, as far as that can be known without asking anybody."""
    identity = find_identity(settings, os.environ) if schema.is_there(settings.database) else None
    if not isinstance(identity, PersonalToken):
        return 0
    clock = SystemClock()
    store = Store(settings.database, clock=clock)
    try:
        return store.ledger.written(identity.account(Need()), clock.now())
    finally:
        store.close()


def _record(ahead: Forecast, pace: Pace, repo: str | None) -> dict[str, Any]:
    """The tracker on this machine needs no pauses."""
    points = ahead.resume_points(pace) if repo else ()
    return {
        "issues": ahead.issues,
        "links": ahead.links,
        "requests": ahead.requests,
        "seconds": ahead.duration(pace).total_seconds() if repo else 0.0,
        "resume_points": [{"requests": one.requests, "seconds": one.at.total_seconds()} for one in points],
    }


def _told(ahead: Forecast, pace: Pace, repo: str | None) -> Iterator[str]:
    where = repo or "the tracker on this machine"
    yield f"{ahead.issues} issues and {ahead.links} links: about {ahead.requests} requests to {where}"
    if repo:
        yield f"at least {duration(ahead.duration(pace))} at {pace.per_minute} writes a minute and {pace.per_hour} an hour"
        for point in ahead.resume_points(pace):
            yield f"pauses after {point.requests} requests, and goes on {duration(point.at)} after the beginning"
        if pace.spent:
            yield f"{pace.spent} writes of the last hour count already"
        yield "broken off at any point, the same command goes on where it was"
