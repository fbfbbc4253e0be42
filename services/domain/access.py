"""Access: who asks, and what they may do in which project. What proves it (a token, a session) is the shell's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

EVERYWHERE = "*"
"""In place of a project: all there are, and what belongs to none."""


class Role(StrEnum):
    """Each may do what the one before may. viewer: look; operator: steer plans and phases; admin: policies, tokens, replays."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        return _RANK[self] >= _RANK[other]


_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose credentials were checked. `who` goes into the audit trail; `grants` has a role for each project, or
    one for EVERYWHERE."""

    who: str
    grants: Mapping[str, Role]

    @classmethod
    def of(cls, who: str, role: Role, project: str | None = None) -> Caller:
        """One role, in one project or in all."""
        return cls(who, {project or EVERYWHERE: role})

    def role_in(self, project: str) -> Role | None:
        """None: the project is none of their business, and nothing in it may be told apart from what does not exist."""
        return self.grants.get(project) or self.grants.get(EVERYWHERE)

    def may(self, role: Role, project: str = EVERYWHERE) -> bool:
        """True if they hold this role there. Without a project: in all of them."""
        held = self.role_in(project)
        return held is not None and held.includes(role)

    def may_somewhere(self, role: Role) -> bool:
        return any(held.includes(role) for held in self.grants.values())

    @property
    def projects(self) -> frozenset[str] | None:
        """Those that they may see; None for all."""
        return None if EVERYWHERE in self.grants else frozenset(self.grants)
