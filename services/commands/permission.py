"""Permission: who may order what, by the role that GitHub says somebody has at that moment. Whatever is unclear is no."""

from __future__ import annotations

from services.commands.spec import Level, Verb
from services.domain.approvers import may_judge
from services.domain.phase import Phase


def level(permission: str, role_name: str | None) -> Level:
    """The built-in role that GitHub's answer amounts to.

    `role_name` is exact, but may be a custom role's; that one counts as what it is based on, which `permission` says.
    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """
    for word in (role_name or "", permission):
        if word in _LEVELS:
            return Level(word)
    return Level.NONE


def may(who: Level, verb: Verb, phase: Phase | None = None, login: str = "") -> bool:
    """By the role, or because the rules of a phase that waits for a judgement name this person as one who may give it."""
    if who.includes(verb.needs):
        return True
    if verb.name not in _JUDGEMENTS or phase is None or not phase.awaits_person:
        return False
    return may_judge(phase.rules.approvers, login, who.value)


_JUDGEMENTS = frozenset({"approve", "reject", "complete", "skip"})
_LEVELS = frozenset(Level)
