"""People in a policy: roles in GitHub's words, and logins with an `@`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.domain.rules import Approvers

ROLES = {
    "triage": "triage",
    "triagers": "triage",
    "write": "write",
    "writers": "write",
    "collaborators": "write",
    "maintain": "maintain",
    "maintainers": "maintain",
    "admin": "admin",
    "admins": "admin",
}
_LOGIN = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\[bot\])?")


def approvers(written: object) -> Approvers:
    """One or several. Raises PydanticCustomError `bad_approver`."""
    names = [written] if isinstance(written, str) else written
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise PydanticCustomError("bad_approver", _WANTED)
    unknown = [name for name in names if name not in ROLES and not _LOGIN.fullmatch(name)]
    if unknown:
        raise PydanticCustomError("bad_approver", _WANTED)
    roles = tuple(dict.fromkeys(ROLES[name] for name in names if name in ROLES))
    return Approvers(roles, tuple(dict.fromkeys(name[1:] for name in names if name not in ROLES)))


_WANTED = "has to be a role (triage, write, maintainers, admins) or a person (@login), or a list of them"
PEOPLE_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
    "description": "Roles (triage, write, maintainers, admins) and people (@login).",
}
People = Annotated[Approvers, BeforeValidator(approvers), WithJsonSchema(PEOPLE_SCHEMA)]
