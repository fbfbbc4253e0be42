"""Redaction: secrets taken out of whatever is kept or shown, also where they arrive in pieces.

The shapes of tokens are GitHub's (docs.github.com, "About authentication to GitHub"), JWTs, bearer headers, credentials in
URLs and private keys; on top of those, the values of our own secret settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "[redacted]"
_SHORTEST = 6
"""A shorter secret would be found in ordinary words."""
_LONGEST_LINE = 64 * 1024
_OVERLAP = 8 * 1024
"""What is held back of a line that has no end: no token is longer."""

_SHAPES = (
    r"ghs_[A-Za-z0-9._-]{36,}",
    r"gh[pour]_[A-Za-z0-9_]{36,}",
    r"github_pat_[A-Za-z0-9_]{22,}",
    r"glpat-[A-Za-z0-9_-]{20,}",
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"(?i:(?<=password=)|(?<=passwd=)|(?<=secret=)|(?<=token=))[^\s&;,'\"]{4,}",
    r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?",
    r"(?i:(?<=bearer )|(?<=basic ))[A-Za-z0-9._~+/=-]{16,}",
    r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----",
)
_KEY_BEGINS = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_GOES_ON = re.compile(
    rb"\s*(?:[A-Za-z0-9+/=]*|(?:Proc-Type|DEK-Info|Comment): .*|-----END [A-Z ]*PRIVATE KEY-----)\s*"
)
_LINE_END = re.compile(rb"[\r\n]")


class Redactor:
    """Knows what is secret: the shapes of tokens, and the values it is given (each line of one that has several)."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        lines = {line.strip() for secret in secrets for line in secret.splitlines()}
        values = sorted((line for line in lines if len(line) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(re.escape, values), *_SHAPES]).encode(), re.DOTALL)

    def text(self, text: str) -> str:
        """The text without its secrets."""
        return self.chunk(text.encode("utf-8", "replace")).decode("utf-8", "replace")

    def value(self, value: object) -> Any:
        """A JSON value without the secrets in its texts."""
        match value:
            case str():
                return self.text(value)
            case list() | tuple():
                return [self.value(item) for item in value]
            case Mapping():
                return {key: self.value(one) for key, one in value.items()}
        return value

    def chunk(self, chunk: bytes) -> bytes:
        """The bytes without the secrets that lie wholly within them."""
        return self._pattern.sub(MASK.encode(), chunk)

    def stream(self) -> RedactedStream:
        """For bytes that arrive in pieces."""
        return RedactedStream(self)

    def cut(self, line: bytes, at: int) -> int:
        """The last place up to `at` where `line` can be cut without cutting a secret."""
        for found in self._pattern.finditer(line):
            if found.start() < at < found.end():
                return found.start()
        return at


class RedactedStream:
    """Redacts line by line: what has no line end yet is held back, and so no secret is ever seen in halves.

    A private key goes over several lines; its lines are left out until one that cannot belong to it.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = b""
        self._in_key = False

    def feed(self, chunk: bytes) -> bytes:
        """What may be shown now."""
        held = self._held + chunk
        end = max(held.rfind(b"\n"), held.rfind(b"\r")) + 1
        if not end and len(held) > _LONGEST_LINE:
            end = self._redactor.cut(held, len(held) - _OVERLAP)
        self._held = held[end:]
        return self._shown(held[:end])

    def held(self) -> bytes:
        """The line that has no end yet, as it may be shown."""
        return b"" if self._in_key else self._redactor.chunk(_KEY_BEGINS.split(self._held)[0])

    def finish(self) -> bytes:
        """What is left once everything has arrived."""
        rest, self._held = self._held, b""
        return self._shown(rest)

    def _shown(self, lines: bytes) -> bytes:
        if self._in_key or _KEY_BEGINS.search(lines):
            lines = b"".join(map(self._without_key, lines.splitlines(keepends=True)))
        return self._redactor.chunk(lines)

    def _without_key(self, line: bytes) -> bytes:
        if self._in_key:
            self._in_key = bool(_KEY_GOES_ON.fullmatch(line)) and b"-----END" not in line
            if self._in_key or b"-----END" in line:
                return b""
        clean = self._redactor.chunk(line)
        begins = _KEY_BEGINS.search(clean)
        if begins is None:
            return clean
        self._in_key = True
        return clean[: begins.start()] + MASK.encode() + (b"\n" if _LINE_END.search(line) else b"")
