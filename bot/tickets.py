"""Tickets: what lets a worker speak for one attempt, and for no other.

A ticket is made from the attempt and the server's key, so nobody has to keep it: all servers over one database accept it. It
counts as long as the attempt is the newest of its phase, so it serves one execution and is worth nothing afterwards.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Subject:
    """The attempt that a ticket is for."""

    plan: str
    phase: str
    fence: int


class Tickets:
    """Makes and reads them. `key` is the server's."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"tickets of workers", hashlib.sha256)

    def made(self, subject: Subject) -> str:
        said = json.dumps([subject.plan, subject.phase, subject.fence]).encode()
        return f"{_text(said)}.{_text(self._seal(said))}"

    def read(self, ticket: str) -> Subject | None:
        """None for what was not made with this key."""
        said, _, seal = ticket[:_LONGEST].partition(".")
        try:
            body, given = _bytes(said), _bytes(seal)
        except (binascii.Error, ValueError):
            return None
        if not hmac.compare_digest(self._seal(body), given):
            return None
        plan, phase, fence = json.loads(body)
        return Subject(plan, phase, fence)

    def _seal(self, said: bytes) -> bytes:
        return hmac.digest(self._key, said, hashlib.sha256)


def _text(given: bytes) -> str:
    return base64.urlsafe_b64encode(given).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
