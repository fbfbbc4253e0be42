"""Identities: in whose name requests are sent, with which token, and whose allowance they spend."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

Permissions = Mapping[str, str]
"""What a token is to allow, as GitHub names it: `{"issues": "write"}`."""

ISSUES: Permissions = {"issues": "write", "metadata": "read"}
CODE: Mapping[str, Permissions] = {
    "read": {"contents": "read", "metadata": "read"},
    "write": {"contents": "write", "metadata": "read"},
}
"""For git itself: fetching, and pushing."""
_BY_PATH: Mapping[str, Permissions] = {
    "actions": {"actions": "write", "metadata": "read"},
    "check-runs": {"checks": "read", "metadata": "read"},
    "commits": CODE["read"],
    "contents": CODE["read"],
    "pulls": {"pull_requests": "write", "metadata": "read"},
    "status": {"statuses": "read", "metadata": "read"},
}
_REPOSITORY = re.compile(r"/repos/(?P<project>[^/]+/[^/?]+)(?:/(?:commits/[^/?]+/(?=check-|status))?(?P<what>[^/?]+))?")


@dataclass(frozen=True, slots=True)
class Need:
    """What a request needs a token for: a repository (`owner/name`, empty for none), and what it does there."""

    project: str = ""
    permissions: Permissions = field(default_factory=lambda: ISSUES)
    as_app: bool = False

    @classmethod
    def of(cls, path: str, verb: str = "GET") -> Need:
        """By what is asked: no more than what is behind the path, and to write a file only for whoever does."""
        found = _REPOSITORY.match(path)
        if found is None:
            return cls(as_app=path.startswith("/app"))
        if found["what"] == "contents" and verb != "GET":
            return cls(found["project"], CODE["write"])
        return cls(found["project"], _BY_PATH.get(found["what"] or "", ISSUES))


class Identity(Protocol):
    """Safe to share between threads. Each method may ask the server, and raises what `bot.github.errors` names."""

    @property
    def is_app(self) -> bool:
        """It is an App, which has a webhook of its own."""

    @property
    def login(self) -> str:
        """Who acts; empty where the server has to be asked with the token itself."""

    def token(self, need: Need) -> str:
        """A token that is good now."""

    def renewed(self, need: Need, refused: str) -> str | None:
        """Another token in place of one that was refused; None if there is no other."""

    def account(self, need: Need) -> str:
        """Whose allowance a request spends, as a name without secrets."""

    def lent(self, need: Need) -> str:
        """A token that may leave this machine, because it opens no more than one repository, and not for long; "": none."""

    def secrets(self) -> list[str]:
        """What must never be shown."""


@dataclass(frozen=True, slots=True)
class PersonalToken:
    """A token of a person or a machine user. It is one and the same for everything."""

    value: str = field(repr=False)
    login: str = ""
    is_app: ClassVar[bool] = False

    def token(self, _: Need) -> str:
        return self.value

    def renewed(self, _: Need, refused: str) -> str | None:
        return None

    def lent(self, _: Need) -> str:
        return ""

    def account(self, _: Need) -> str:
        return f"token {hashlib.sha256(self.value.encode()).hexdigest()[:16]}"

    def secrets(self) -> list[str]:
        return [self.value]
