"""Every sentence the bot answers with: to commands, to ticked boxes, and to hands on issues that are not heeded.

Nobody is mentioned: whoever asked hears of it anyway, because they have written on the issue. Names are shown as code.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from services.commands.naming import did_you_mean
from services.commands.parser import MOST, Command
from services.commands.spec import VERBS, Level, Verb
from services.coordinator.reason_words import in_words
from services.domain import messages as m
from services.domain.errors import UserError
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan
from services.domain.reasons import Reason
from services.publishing.status_comment import summary
from services.publishing.text import code, inline, shortened
from services.publishing.words import HELD, STATUS, with_issue

_LONGEST_ECHO = 80

# ---------------------------------------------------------------- to commands


def help_text() -> str:
    """The table of verbs, as people read it."""
    rows = [f"| `{verb.usage}` | {verb.help} | {_who(verb)} |" for verb in VERBS.values()]
    return "\n".join(
        [
            "**Commands** stand at the start of a line in a comment, on the issue of the plan or of a phase:",
            "",
            "| Command | What it does | Who may |",
            "| --- | --- | --- |",
            *rows,
            "",
            "`[phase]` is a number, a title or an issue such as `#12`; on the issue of a phase it can be left out. "
            "`@phasebot` instead of `/phase` does the same. Boxes in notices can be ticked instead.",
        ]
    )


def status(plan: Plan) -> str:
    return f"**{inline(plan.title)}**\n\n{summary(plan)}"


def why(plan: Plan, phase: Phase, reason: Reason | None, now: datetime) -> str:
    """Why a phase is not running, with the code of the reason."""
    name = f"**{with_issue(phase)}**"
    if reason is not None:
        return f"{name}: {inline(in_words(plan, reason, now))} (`{reason.code}`)."
    if phase.status is QueueStatus.READY:
        return f"{name} may start: nothing holds it up."
    failure = f": {inline(phase.failure.message)}" if phase.failure else ""
    attempt = phase.attempt if phase.status is QueueStatus.RUNNING else None
    if attempt is not None and attempt.held is not None:
        where = f" ([look at it]({attempt.url}))" if attempt.url else ""
        return f"{name} is {STATUS[phase.status]}: {HELD[attempt.held]}{where}."
    return f"{name} is {STATUS[phase.status]}{failure.rstrip('.')}."


def several(answers: Iterable[tuple[str, str]]) -> str:
    """One comment for all answers to one comment. Each comes with what was asked, to be told where there is more than one."""
    given = list(answers)
    if len(given) == 1:
        return given[0][1]
    return "\n\n".join(f"{_echo(asked)}\n\n{text}" for asked, text in given)


def unknown(command: Command) -> str:
    guess = did_you_mean(command.verb, VERBS)
    return f"There is no command {_echo(command.verb)}. {f'{guess} ' if guess else ''}`/phase help` lists them all."


def invalid(error: UserError) -> str:
    message = inline(error.message)
    return f"{message[:1].upper()}{message[1:]}. {inline(error.fix)}".strip()


def not_permitted(verb: Verb, by: str, who: Level) -> str:
    has = "no role" if who is Level.NONE else f"the role `{who}`"
    return (
        f"`/phase {verb.name}` was not carried out: you need {verb.needs} access to this repository, "
        f"and {code(by)} has {has} here."
    )


def no_plan_here() -> str:
    return (
        "This issue belongs to no plan. Commands work on the issue of a plan or of one of its phases; "
        "`/phase preview` reads the text of this issue as a plan."
    )


def too_many(ignored: int) -> str:
    more = "1 more command was" if ignored == 1 else f"{ignored} more commands were"
    return f"{more} not carried out: a comment may hold {MOST}."


def refused(order: m.Message, phase: Phase | None, why: str) -> str:
    """To an order that does not fit."""
    about = f" for **{with_issue(phase)}**" if phase else ""
    return f"{_said(order)} changed nothing{about}: {inline(why)}."


def done(order: m.Message, phase: Phase | None) -> str:
    """To a box that was ticked. A command is answered by a reaction."""
    about = f" for **{with_issue(phase)}**" if phase else ""
    return f"{code(order.by)} asked for {_said(order)}{about}: done."


# ---------------------------------------------------------------- to hands on issues


def put_back(by: str, deed: str, who: Level) -> str:
    """On an issue that was closed or reopened by somebody who may not decide that, and is as it was again."""
    has = "no role" if who is Level.NONE else f"the role `{who}`"
    return (
        f"{code(by)} has {deed} this issue. That decides about the plan and takes write access to this repository, but "
        f"{code(by)} has {has} here, so it was put back. Those who have write access can do it, or say so in a comment."
    )


def moved_out(by: str, plan: Plan) -> str:
    """On the issue of a phase that is no sub-issue of its plan any more."""
    return (
        f"{code(by)} has taken this issue out of its parent. It still is a phase of **{inline(plan.title)}**: close it as not "
        "planned, or say `/phase skip`, to leave it out."
    )


def need_unlinked(by: str, need: Phase, phase: Phase) -> str:
    """On the issue of a phase that GitHub shows as not blocked by what the plan says it needs."""
    return (
        f"{code(by)} has removed the link by which this issue is blocked by **{with_issue(need)}**. The order of the plan is "
        f"as it was: **{with_issue(phase)}** still comes after it. Change the plan's text to change that, or say `/phase skip` "
        "on the other issue to go on without it."
    )


# ---------------------------------------------------------------- parts


def _who(verb: Verb) -> str:
    return "everybody" if verb.needs is Level.READ else f"{verb.needs} access"


def _echo(text: str) -> str:
    return code(shortened(text, _LONGEST_ECHO))


_VERB_OF: dict[type[m.Message], str] = {
    m.StartPlan: "start",
    m.PausePlan: "pause",
    m.ResumePlan: "resume",
    m.CancelPlan: "cancel",
    m.RetryPhase: "retry",
    m.CompletePhase: "complete",
    m.SkipPhase: "skip",
    m.CancelPhase: "cancel",
    m.ReopenPhase: "reopen",
    m.ApprovePhase: "approve",
    m.RejectPhase: "reject",
    m.SetPriority: "priority",
    m.RetractPlan: "retract",
    m.AmendPlan: "publish",
    m.CompletePlan: "complete",
}


def _said(order: m.Message) -> str:
    if isinstance(order, m.AskForMerge):
        return f"`/phase {'reopen' if order.reopen else 'retry'}`"
    return f"`/phase {_VERB_OF[type(order)]}`"
