"""Markers: hidden, signed HTML comments by which the bot knows again what it has written.

A marker is only believed where its signature holds; markers that others made up or changed are as good as none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

_FOUND = re.compile(r"<!-- phasebot:(?P<kind>[a-z]+) plan=(?P<plan>\S*) of=(?P<of>\S*) sig=(?P<sig>[0-9a-f]{32}) -->")


class MarkerKind(StrEnum):
    """What a marker stands on. `begin` and `end` enclose the part of a body that is the bot's to rewrite."""

    PLAN = "plan"
    PHASE = "phase"
    GROUP = "group"
    COMMENT = "comment"
    STATUS = "status"
    PREVIEW = "preview"
    BEGIN = "begin"
    END = "end"


@dataclass(frozen=True, slots=True)
class Marker:
    """Says what it stands on: a plan's parent issue, a phase's issue (`of` its key), a comment (`of` its effect's key)."""

    kind: MarkerKind
    plan: str
    of: str = ""


class Markers:
    """Writes and verifies markers under one key. Whoever lacks the key can neither forge nor alter one."""

    def __init__(self, key: bytes) -> None:
        if not key:
            raise ValueError("markers need a key: without one anybody could forge them")
        self._key = key

    def write(self, marker: Marker) -> str:
        """The marker as text; always the same for the same marker, so it can also be searched for as it is."""
        plan, of = _quoted(marker.plan), _quoted(marker.of)
        return f"<!-- phasebot:{marker.kind} plan={plan} of={of} sig={self._signature(marker)} -->"

    def find(self, body: str | None) -> Marker | None:
        """The last genuine marker, the place where the bot puts its own; `begin` and `end` are no answer."""
        genuine = [one for one in self._genuine(body or "") if one.kind not in _ENCLOSING]
        return genuine[-1] if genuine else None

    def _genuine(self, body: str) -> Iterator[Marker]:
        for found in _FOUND.finditer(body):
            if found["kind"] in _KINDS:
                marker = Marker(MarkerKind(found["kind"]), unquote(found["plan"]), unquote(found["of"]))
                if hmac.compare_digest(found["sig"], self._signature(marker)):
                    yield marker

    def _signature(self, marker: Marker) -> str:
        """128 bits over kind, plan and subject; quoting keeps the line breaks between them unambiguous."""
        signed = "\n".join(("phasebot marker 1", marker.kind, _quoted(marker.plan), _quoted(marker.of)))
        return hmac.new(self._key, signed.encode(), hashlib.sha256).hexdigest()[:32]


_KINDS = frozenset(MarkerKind)
_ENCLOSING = frozenset({MarkerKind.BEGIN, MarkerKind.END})


def _quoted(text: str) -> str:
    """Without spaces, and without anything that could end an HTML comment."""
    return quote(text, safe="").replace("--", "-%2D")
