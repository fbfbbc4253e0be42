"""Interpreting: what a command means at the place where it was given, by somebody with a certain role. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from services.commands.naming import phase_first, phase_named
from services.commands.orders import CommandInvalid, Giver, is_about_retry, order_for
from services.commands.parser import Command
from services.commands.permission import may
from services.commands.spec import PRIORITY, RETRY, VERBS, Level, Scope, Verb
from services.domain.messages import Asked, Order
from services.domain.phase import Phase
from services.domain.plan import Plan


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who gives a command, and what they may do at this moment."""

    login: str
    level: Level


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is given: on the issue of a phase, of a plan, or of neither."""

    plan: Plan | None = None
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No verb of ours."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The speaker's role does not suffice."""

    verb: Verb


@dataclass(frozen=True, slots=True)
class NoPlan:
    """It would be about a plan, and there is none here."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Not an order to a plan: words are wanted, or the document has to be read first (`preview`, `publish`)."""

    verb: Verb
    phase: Phase | None = None


Meaning = Order | Wish | Unknown | Forbidden | NoPlan

WISHES = frozenset({"help", "status", "why", "preview", "publish"})
_ANYWHERE = frozenset({"help", "preview", "publish"})


def interpret(command: Command, place: Place, speaker: Speaker, *, cause: str, asked: Asked) -> Meaning:
    """Raises CommandInvalid for a phase that is unknown or missing, and for an argument that makes no sense."""
    verb = VERBS.get(command.verb)
    if verb is None:
        return Unknown()
    if place.plan is None:
        if not may(speaker.level, verb):
            return Forbidden(verb)
        return Wish(verb) if verb.name in _ANYWHERE else NoPlan()
    try:
        phase, argument = _taken_apart(verb, command.rest, place.plan, place.phase)
    except CommandInvalid:
        if not may(speaker.level, verb):
            return Forbidden(verb)  # what they meant is nothing to them
        raise
    if not may(speaker.level, verb, phase, speaker.login):
        return Forbidden(verb)
    if verb.name in WISHES:
        if verb.scope is Scope.PHASE and phase is None:
            raise CommandInvalid(f"`{verb.name}` needs a phase", fix=f"Say it as in `{verb.usage}`.")
        return Wish(verb, phase)
    giver = Giver(by=speaker.login, role=speaker.level.value, cause=cause, asked=asked)
    return order_for(verb.name, place.plan, phase, giver, argument)


def _taken_apart(verb: Verb, rest: str, plan: Plan, here: Phase | None) -> tuple[Phase | None, str]:
    """The phase that is meant, and what else was said. On the issue of a phase that one is meant if none is named."""
    if verb.scope in (Scope.NOTHING, Scope.PLAN):
        return None, rest
    if verb.name == PRIORITY:
        value, _, name = rest.partition(" ")
        return (phase_named(plan, name) if name.strip() else here), value
    if verb.name == RETRY:
        words = rest.split()
        name = " ".join(one for one in words if not is_about_retry(one))
        how = " ".join(one for one in words if is_about_retry(one))
        return (phase_named(plan, name) if name else here), how
    if not rest:
        return here, ""
    if not verb.rest:
        return phase_named(plan, rest), ""
    try:
        return phase_first(plan, rest)
    except CommandInvalid:
        if here is None:
            raise
        return here, rest
