"""From a verb to the order that carries it out: the same for comments, ticked boxes, the command line and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.commands.spec import PRIORITY, RETRY, VERBS, Scope
from services.domain import messages as m
from services.domain.errors import UserError
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.progress import awaits_merge

PRIORITIES = {"urgent": 10, "high": 20, "normal": 50, "low": 70, "background": 90}
LEAST_URGENT = 100
LONGEST_WHY = 2000


class CommandInvalid(UserError):
    """Such an order cannot be given like this."""

    code = "command_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """Who gives an order, where, and which giving of it this is. `role` is theirs in the repository, None for the operator."""

    by: str
    cause: str
    role: str | None = None
    asked: m.Asked | None = None


def order_for(verb: str, plan: Plan, phase: Phase | None, giver: Giver, argument: str = "") -> m.Order:
    """`argument` is what the verb takes besides a phase: why it is rejected, how urgent it is.

    Raises CommandInvalid for a verb that orders nothing, a phase that is missing, or an argument that makes no sense.
    """
    known = VERBS.get(verb)
    if known is None:
        raise CommandInvalid(f"there is no command `{verb}`", fix="`help` lists them.")
    head: dict[str, Any] = {"plan": plan.id, "cause": giver.cause, "by": giver.by, "asked": giver.asked}
    about_merge = _ABOUT_MERGES.get(verb) if phase is None and awaits_merge(plan) else None
    if about_merge is not None and not argument:
        return about_merge(**head)
    if phase is None and (known.scope is Scope.PHASE or verb in _ABOUT_MERGES):
        raise CommandInvalid(f"`{verb}` needs a phase", fix=f"Name one, as in `{verb} {_example(plan)}`.")
    if verb == PRIORITY:
        return m.SetPriority(**head, phase=phase.key if phase else None, priority=priority_of(argument))
    about_phase = _about_phase(verb, giver.role, argument, {**head, "phase": phase.key}) if phase else None
    if about_phase is not None:
        return about_phase
    if verb in ("start", "publish"):
        return m.StartPlan(**head, selected=plan.selected or None)
    if about_plan := _ABOUT_PLANS.get(verb):
        return about_plan(**head)
    raise CommandInvalid(f"`{verb}` is not an order")


def _about_phase(verb: str, role: str | None, argument: str, head: Mapping[str, Any]) -> m.Order | None:
    if verb == "reject":
        return m.RejectPhase(**head, role=role, why=argument[:LONGEST_WHY])
    if verb == RETRY:
        return m.RetryPhase(**head, **_how(argument))
    if judgement := _JUDGEMENTS.get(verb):
        return judgement(**head, role=role)
    order = _ABOUT_PHASES.get(verb)
    return order(**head) if order else None


_ABOUT_PHASES: Mapping[str, Callable[..., m.Order]] = {
    "reopen": m.ReopenPhase,
    "cancel": m.CancelPhase,
}
_JUDGEMENTS: Mapping[str, Callable[..., m.Order]] = {
    "skip": m.SkipPhase,
    "complete": m.CompletePhase,
    "approve": m.ApprovePhase,
}
_ABOUT_MERGES: Mapping[str, Callable[..., m.Order]] = {
    "retry": m.AskForMerge,
    "reopen": partial(m.AskForMerge, reopen=True),
    "complete": m.CompletePlan,
}
"""Without a phase, where the plan waits for its pull request to be merged."""
_ABOUT_PLANS: Mapping[str, Callable[..., m.Order]] = {
    "pause": m.PausePlan,
    "resume": m.ResumePlan,
    "cancel": m.CancelPlan,
    "retract": m.RetractPlan,
}


def _how(argument: str) -> dict[str, Any]:
    """What may be said of a retry. Raises CommandInvalid."""
    how: dict[str, Any] = {}
    for word in argument.split():
        name, has_value, value = word.partition("=")
        if word == WITH_DEPENDENTS:
            how["dependents"] = True
        elif has_value and value and name in _CHOICES:
            how[_CHOICES[name]] = value[:_LONGEST_NAME]
        else:
            fix = f"It takes `{WITH_DEPENDENTS}`, `on=<executor>` and `model=<name>`."
            raise CommandInvalid(f"`retry` does not know `{word}`", fix=fix)
    return how


def is_about_retry(word: str) -> bool:
    """A word that says how a phase is to be run again, not which one."""
    return word == WITH_DEPENDENTS or word.partition("=")[0] in _CHOICES


WITH_DEPENDENTS = "with-dependents"
_CHOICES = {"on": "executor", "model": "model"}
_LONGEST_NAME = 100


def priority_of(argument: str) -> int:
    """A number from 0 to 100, or a word for one. Raises CommandInvalid."""
    word = argument.strip().lower()
    if word in PRIORITIES:
        return PRIORITIES[word]
    if word.isascii() and word.isdigit() and int(word[:4]) <= LEAST_URGENT:
        return int(word)
    said = f"`{argument}` is no priority" if argument else "`priority` needs a value"
    raise CommandInvalid(said, fix=f"It is one of {', '.join(PRIORITIES)}, or a number from 0 (first) to 100 (last).")


def _example(plan: Plan) -> str:
    phase = next(iter(plan), None)
    return (phase.number or phase.title) if phase else "2"
