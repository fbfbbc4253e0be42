"""Patterns of many alternatives, case ignored, told apart by their first letters.

The expression engine tries alternatives one by one and ignores case only within each. Behind a set of the two forms of a
letter it passes over all that begin with another, which makes long lists of phrases several times faster to look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_QUANTIFIERS = frozenset("?*+{")
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
"""An escaped sign, a set of signs, or any other sign of an expression."""


class Phrases:
    """Patterns of which any may occur, and the words of which one must: those are looked for first, since that is cheap."""

    def __init__(self, *patterns: str, cues: str = "") -> None:
        words = [pattern.removeprefix(r"\b") for pattern in patterns if pattern.startswith(r"\b")]
        others = [pattern for pattern in patterns if not pattern.startswith(r"\b")]
        bounded = [rf"\b{any_of(words)}"] if words else []  # one boundary for all: most places are none
        self._pattern = re.compile("|".join([*bounded, *([any_of(others)] if others else [])]))
        self.cues = tuple(cues.split())

    def search(self, text: str) -> re.Match[str] | None:
        """The first occurrence of any of the patterns."""
        if not self.cues:
            return self._pattern.search(text)
        return self._pattern.search(text) if self.cue_in(text.lower()) else None

    def cue_in(self, folded: str) -> str:
        """The first of the words that a text in lower case holds."""
        for cue in self.cues:  # a plain loop: this is asked of every heading and sentence
            if cue in folded:
                return cue
        return ""


def any_of(alternatives: Iterable[str]) -> str:
    """A group that matches any of the alternatives. Those with the same first letter are tried in their order."""
    by_letter: dict[str, list[str]] = {}
    for alternative in alternatives:
        for one in _split(alternative):
            by_letter.setdefault(_first_letter(one), []).append(one)
    return f"(?:{'|'.join(_group(letter, ones) for letter, ones in by_letter.items())})"


def _group(letter: str, alternatives: list[str]) -> str:
    rest = "|".join(one[len(letter) :] for one in alternatives)
    forms = letter if letter == letter.upper() else f"[{letter}{letter.upper()}]"
    return f"{forms}(?i:{rest})"


def _first_letter(pattern: str) -> str:
    """The letter a text must begin with to match; empty if that takes more to say."""
    letter = pattern[:1].lower()
    return letter if letter.isalpha() and len(letter.upper()) == 1 and pattern[1:2] not in _QUANTIFIERS else ""


def _split(pattern: str) -> list[str]:
    """The alternatives of an expression."""
    parts, depth, start = list[str](), 0, 0
    for token in _TOKEN.finditer(pattern):
        depth += (token[0] == "(") - (token[0] == ")")
        if token[0] == "|" and not depth:
            parts.append(pattern[start : token.start()])
            start = token.end()
    return [*parts, pattern[start:]]
