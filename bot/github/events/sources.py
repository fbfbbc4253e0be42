"""What may be asked for while an event is being understood: outside of any transaction, and nothing is written there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.github.events.payloads import Account
from services.domain.phase import Phase
from services.domain.plan import Plan

log = structlog.get_logger()

MAY_STEER = frozenset({"write", "maintain", "admin"})
"""Roles whose hands on an issue count. https://docs.github.com/en/rest/collaborators/collaborators"""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an issue is to us: the issue of a phase, or of the plan itself where `phase` is None."""

    plan: Plan
    phase: Phase | None


class Permissions(Protocol):
    """What GitHub says of a person in a repository."""

    def role(self, project: str, login: str) -> str:
        """`admin`, `maintain`, `write`, `triage`, `read`, a custom role's name, or `none`. Raises TransientError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """`find` gives the plan that an issue (by its database id) belongs to; `own_login` whose token is used."""

    find: Callable[[str, int], Subject | None]
    permissions: Permissions
    own_login: Callable[[], str]

    def is_our_own(self, sender: Account) -> bool:
        return sender.is_bot and sender.login == self.own_login()

    def may_steer(self, project: str, login: str, issue: int) -> bool:
        """Asked at the moment of the deed, and failing closed."""
        role = self.permissions.role(project, login)
        if role in MAY_STEER:
            return True
        log.warning("hand_not_heeded", login=login, role=role, issue=issue)
        return False
