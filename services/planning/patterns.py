"""Patterns of many alternatives, case ignored, told apart by their first letters.

The expression engine tries alternatives one by one and ignores case only within each. Behind a set of the two forms of a
letter it passes over all that begin with another, which makes long lists of phrases several times faster to look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_QUANTIFIERS = frozenset("?*+{")
_LONGEST = 500
"""More than this is not written out: to compile it takes longer than it saves."""
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
        self._ascii_cues = tuple(filter(str.isascii, self.cues))

    def search(self, text: str) -> re.Match[str] | None:
        """The first occurrence of any of the patterns."""
        if not self.cues:
            return self._pattern.search(text)
        return self._pattern.search(text) if self.cue_in(text.lower()) else None

    def cue_in(self, folded: str) -> str:
        """The first of the words that a text in lower case holds."""
        for cue in (
            self._ascii_cues if folded.isascii() else self.cues
        ):  # a plain loop: asked of every heading, sentence
            if cue in folded:
                return cue
        return ""


def any_of(alternatives: Iterable[str]) -> str:
    """A group that matches any of the alternatives. Of those that may match at the same place, the first is tried first."""
    groups: list[tuple[str, list[str]]] = []
    by_letter: dict[str, list[str]] = {}
    for alternative in alternatives:
        for one in _opened(_split(alternative)):
            letter = _first_letter(one)
            if not letter:  # it may begin with any letter: what comes later must stay behind it
                by_letter = {}
            if letter not in by_letter:
                by_letter[letter] = []
                groups.append((letter, by_letter[letter]))
            by_letter[letter].append(one)
    return f"(?:{'|'.join(_group(letter, ones) for letter, ones in groups)})"


def _group(letter: str, alternatives: list[str]) -> str:
    rest = "|".join(one[len(letter) :] for one in alternatives)
    forms = letter if letter == letter.upper() else f"[{letter}{letter.upper()}]"
    return f"{forms}(?i:{rest})"


def _first_letter(pattern: str) -> str:
    """The letter a text must begin with to match; empty if that takes more to say."""
    letter = pattern[:1].lower()
    return letter if letter.isalpha() and len(letter.upper()) == 1 and pattern[1:2] not in _QUANTIFIERS else ""


def _opened(patterns: Iterable[str]) -> Iterator[str]:
    """The same with no group or option in front, which would hide the first letter: `(?:a |an )?x` as `a x`, `an x`, `x`."""
    for pattern in patterns:
        first, rest = _first_piece(pattern)
        option = rest.startswith("?") and not rest.startswith("??")
        rest = rest[1:] if option else rest
        inner = _split(first[3:-1]) if first.startswith("(?:") else [first]
        if (option or inner != [first]) and rest[:1] not in _QUANTIFIERS and len(inner) * len(rest) < _LONGEST:
            yield from _opened([*(one + rest for one in inner), *([rest] if option else [])])
        else:
            yield pattern


def _first_piece(pattern: str) -> tuple[str, str]:
    """The first group or sign of an expression, and what follows it."""
    depth = 0
    for token in _TOKEN.finditer(pattern):
        depth += (token[0] == "(") - (token[0] == ")")
        if not depth:
            return pattern[: token.end()], pattern[token.end() :]
    return pattern, ""


def _split(pattern: str) -> list[str]:
    """The alternatives of an expression."""
    parts, depth, start = list[str](), 0, 0
    for token in _TOKEN.finditer(pattern):
        depth += (token[0] == "(") - (token[0] == ")")
        if token[0] == "|" and not depth:
            parts.append(pattern[start : token.start()])
            start = token.end()
    return [*parts, pattern[start:]]
