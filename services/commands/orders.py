"""From a verb to the order that carries it out: the same for comments, ticked boxes, the command line and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def order_for(  # noqa: PLR0913  what was said, about what, and by whom: all but three by name
    verb: str,
    plan: Plan,
    phase: Phase | None,
    *,
    by: str,
    cause: str,
    role: str | None = None,
    argument: str = "",
    asked: m.Asked | None = None,
) -> m.Order:
    """`role` is that of `by` in the repository, None for the operator. `argument` is what the verb takes besides a phase:
    why it is rejected, how urgent it is.

    Raises CommandInvalid for a verb that orders nothing, a phase that is missing, or an argument that makes no sense.
    """
    known = VERBS.get(verb)
    if known is None:
        raise CommandInvalid(f"there is no command `{verb}`", fix="`help` lists them.")
    about_merge = _ABOUT_MERGES.get(verb) if phase is None and awaits_merge(plan) else None
    if about_merge is not None and not argument:
        return about_merge(plan=plan.id, cause=cause, by=by, asked=asked)
    if phase is None and (known.scope is Scope.PHASE or verb in _ABOUT_MERGES):
        raise CommandInvalid(f"`{verb}` needs a phase", fix=f"Name one, as in `{verb} {_example(plan)}`.")
    key = phase.key if phase else None
    if verb == PRIORITY:
        return m.SetPriority(
            plan=plan.id, cause=cause, by=by, asked=asked, phase=key, priority=priority_of(argument or "")
        )
    if key is not None and verb == "reject":
        why = argument[:LONGEST_WHY]
        return m.RejectPhase(plan=plan.id, cause=cause, by=by, asked=asked, phase=key, role=role, why=why)
    if key is not None and verb == RETRY:
        how = _how(argument)
        return m.RetryPhase(plan=plan.id, cause=cause, by=by, asked=asked, phase=key, **how)
    if key is not None and (judgement := _JUDGEMENTS.get(verb)):
        return judgement(plan=plan.id, cause=cause, by=by, asked=asked, phase=key, role=role)
    if key is not None and (about_phase := _ABOUT_PHASES.get(verb)):
        return about_phase(plan=plan.id, cause=cause, by=by, asked=asked, phase=key)
    if verb in ("start", "publish"):
        return m.StartPlan(plan=plan.id, cause=cause, by=by, asked=asked, selected=plan.selected or None)
    if about_plan := _ABOUT_PLANS.get(verb):
        return about_plan(plan=plan.id, cause=cause, by=by, asked=asked)
    raise CommandInvalid(f"`{verb}` is not an order")


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
