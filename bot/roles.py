"""Roles: what a process of `serve` does. Several processes over one database may share them; more than one of each is safe."""

from __future__ import annotations

from enum import StrEnum

from services.domain.errors import UserError


class Role(StrEnum):
    """`web` answers over HTTP; `inbox` finds out what webhooks mean; `outbox` writes to issues, and begins and ends what runs
    elsewhere; `clock` looks regularly at what was not told, and makes room; `jobs` carries phases out on this machine."""

    WEB = "web"
    INBOX = "inbox"
    OUTBOX = "outbox"
    CLOCK = "clock"
    JOBS = "jobs"


ALL = frozenset(Role)


class RoleUnknown(UserError):
    """There is no such role."""

    code = "role_unknown"


def roles_of(text: str) -> frozenset[Role]:
    """Those between the commas; all for nothing. Raises RoleUnknown."""
    names = [one.strip().lower() for one in text.split(",") if one.strip()]
    unknown = [one for one in names if one not in {role.value for role in Role}]
    if unknown:
        fix = f"There are: {', '.join(role.value for role in Role)}."
        raise RoleUnknown(f"there is no role {', '.join(unknown)}", where="--role", fix=fix)
    return frozenset(map(Role, names)) or ALL
