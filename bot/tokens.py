"""Tokens: long random words that are kept as digests only, and shown once."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from services.domain.access import Caller, Role
from services.domain.errors import Conflict, UserError

PREFIX = "pb_"
CI_TICKET = "pbci_"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
PROJECT = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}")


class TokenInvalid(UserError):
    """What is given as the name or the project of a token cannot be one."""

    code = "token_invalid"


class TokenNameTaken(Conflict):
    """Each name is given once, so that the audit trail stays clear."""

    code = "token_name_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token as it is kept: everything but the token itself. `project` None: all projects."""

    id: str
    name: str
    role: Role
    project: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def caller(self) -> Caller:
        return Caller.of(f"token:{self.name}", self.role, self.project)


def new_secret(prefix: str = PREFIX) -> str:
    """256 bits of chance, with a beginning by which scanners know it."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept. A random word this long needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def checked_name(name: str) -> str:
    """Raises TokenInvalid."""
    if not NAME.fullmatch(name):
        fix = "Use up to 60 letters, digits, dots, dashes and underscores."
        raise TokenInvalid(f"{name!r} cannot be the name of a token", fix=fix)
    return name


def checked_project(project: str | None) -> str | None:
    """Raises TokenInvalid."""
    if project is not None and not PROJECT.fullmatch(project):
        raise TokenInvalid(f"{project} is no repository", where="--project", fix="Write it as OWNER/NAME.")
    return project
