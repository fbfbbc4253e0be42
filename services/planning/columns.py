"""Columns: where in its line a thing stands that a finding speaks of, counted from 1 in characters."""

from __future__ import annotations

from collections.abc import Iterator

_MARKS = " \t>#*+-_"
_WIDEST = 1000


def occurrences(line: str, word: str) -> Iterator[int]:
    """The places, from 0, at which a line holds a text that is no part of a longer word or number."""
    at = line.find(word, 0, _WIDEST) if word else -1
    while at >= 0:
        end = at + len(word)
        if not (_is_word(line[at - 1 : at]) and _is_word(word[0])) and not (
            _is_word(line[end : end + 1]) and _is_word(word[-1])
        ):
            yield at
        at = line.find(word, end, _WIDEST)


def column_of(line: str, *words: str | None) -> int:
    """Where the first of the words stands that the line holds; else where its text begins, behind the marks of Markdown."""
    places = (at for word in words if word for at in occurrences(line, word))
    return next(places, len(line) - len(line.lstrip(_MARKS)) if line.strip(_MARKS) else 0) + 1


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
