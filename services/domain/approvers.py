"""Approvers: who may pass a gate or give a verdict, by role in the repository or by name."""

from __future__ import annotations

from collections.abc import Iterable

from services.domain.rules import Approvers

_RANKS = ("none", "read", "triage", "write", "maintain", "admin")
"""Roles on GitHub, each with all that those before it may do.
https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories"""

_WHOEVER_STEERS = Approvers(roles=("write",))
_PLURAL = {"triage": "triagers", "write": "writers", "maintain": "maintainers", "admin": "admins"}


def may_judge(approvers: Approvers, login: str, role: str) -> bool:
    """One of the named people, or with at least one of the named roles; where nobody is named, whoever may write."""
    meant = approvers if _is_anybody(approvers) else _WHOEVER_STEERS
    is_named = bool(login) and login.casefold() in {one.casefold() for one in meant.people}
    return is_named or any(_includes(role, wanted) for wanted in meant.roles)


def names(approvers: Approvers) -> Iterable[str]:
    """How people call them, roles first: `maintainers`, `@ada`. Nothing where nobody is named."""
    return (*(_PLURAL.get(role, role) for role in approvers.roles), *(f"@{login}" for login in approvers.people))


def _is_anybody(approvers: Approvers) -> bool:
    return bool(approvers.roles or approvers.people)


def _includes(role: str, wanted: str) -> bool:
    return role in _RANKS and wanted in _RANKS and _RANKS.index(role) >= _RANKS.index(wanted)
