"""Carrying a plan out from the command line, from the request to the exit code."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.bootstrap import Options, Phasebot
from bot.cli.exits import Exit
from bot.cli.identity import checked_identity
from bot.cli.run.facts import Facts
from bot.cli.run.following import Ending, Follower
from bot.cli.run.hands import Hands
from bot.cli.run.lines import Lines
from bot.cli.run.outcome import exit_of
from bot.cli.run.progress import write_back
from bot.cli.run.records import Records, emit
from bot.cli.run.request import Prepared, Request
from bot.cli.run.summary import Summary
from bot.cli.selection import DependencyNotSelected, missing_needs, refuse_incomplete
from services.domain.world import Limits

if TYPE_CHECKING:
    from bot.cli.run.view import View
    from bot.settings import Settings


def carry_out(prepared: Prepared, settings: Settings) -> Exit:
    """Publish, execute, wait, tell."""
    with Phasebot(settings, _options(prepared, settings)) as bot:
        _refuse_incomplete(prepared, bot)
        view = _view(prepared.request, Facts(bot.answers))
        follower = Follower(bot, view, prepared.request.max_duration, Hands(bot, view, wait=prepared.request.wait))
        ending = follower.run(lambda: bot.intake.submit(prepared.submission))
        return _tell(prepared, bot, ending)


def _options(prepared: Prepared, settings: Settings) -> Options:
    request = prepared.request
    return Options(
        repo=request.repo,
        identity=checked_identity(settings, request.repo, os.environ) if request.repo else None,
        workspace=request.workspace.resolve(),
        limits=prepared.policy.limits if prepared.policy else Limits(),
        workers=prepared.workers,
        crew=prepared.crew,
        issues=request.issues,
        labels=prepared.labels,
    )


def _refuse_incomplete(prepared: Prepared, bot: Phasebot) -> None:
    """What the selected phases need has to be selected, or done by an earlier run of the same plan."""
    if prepared.selected is None:
        return
    draft, done = prepared.file.draft, bot.intake.satisfied(prepared.submission)
    if not prepared.request.ignore_dependencies:
        refuse_incomplete(draft, prepared.selected, done)
    elif bot.intake.known(prepared.submission) and missing_needs(draft, prepared.selected, done):
        raise DependencyNotSelected(
            "the plan that was made of this file goes on, and keeps its dependencies",
            where="--ignore-dependencies",
            fix="Add --again to make a new plan.",
        )


def _view(request: Request, facts: Facts) -> View:
    """Lines where nobody watches, a live view on a terminal, records for machines."""
    if request.as_json:
        return Records(facts)
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return Lines(facts)
    from rich.console import Console

    from bot.cli.run.live import Live

    return Live(facts, Console(stderr=True))


def _tell(prepared: Prepared, bot: Phasebot, ending: Ending) -> Exit:
    plan, letters = ending.plan, bot.answers.dead_letters(ending.plan.id)
    code = exit_of(plan, interrupted=ending.interrupted, has_dead_letters=bool(letters))
    summary = Summary(
        plan=plan,
        facts=Facts(bot.answers),
        code=code,
        dead_letters=letters,
        command=_again(sys.argv[1:]),
        show_issues=_show_issues(prepared.request),
        has_policy=prepared.policy is not None,
    )
    progress = write_back(prepared, bot) if prepared.policy and prepared.policy.writeback else ""
    if prepared.request.as_json:
        if progress:
            emit("notice", message=progress)
        emit("summary", **summary.record())
    else:
        for line in (*summary.text(), *([progress] if progress else ())):
            click.echo(line)
    return code


def _again(arguments: list[str]) -> str:
    """The same command line, which goes on with the same plan."""
    return shlex.join([program(), *(one for one in arguments if one != "--again")])


def _show_issues(request: Request) -> str:
    """The command that serves the local tracker once this process has ended."""
    if request.repo or not request.issues:
        return ""
    return shlex.join([program(), "localhub", *(["--db", request.database] if request.database else [])])


def program() -> str:
    """What a shell finds it by: a checkout's own program is seldom on the path."""
    called = sys.argv[0]
    return called if Path(called).name == "phasebot" and shutil.which("phasebot") is None else "phasebot"
