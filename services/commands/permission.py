"""Permission: who may order what, by the role that GitHub says somebody has at that moment. Whatever is unclear is no."""

from __future__ import annotations

from services.commands.spec import Level, Verb


def level(permission: str, role_name: str | None) -> Level:
    """The built-in role that GitHub's answer amounts to.

    `role_name` is exact, but may be a custom role's; that one counts as what it is based on, which `permission` says.
    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """
    for word in (role_name or "", permission):
        if word in _LEVELS:
            return Level(word)
    return Level.NONE


def may(who: Level, verb: Verb) -> bool:
    return who.includes(verb.needs)


_LEVELS = frozenset(Level)
