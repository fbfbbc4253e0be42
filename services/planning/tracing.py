"""Tracing: lines drawn between phases with box characters, followed from the names they leave to the arrows they end in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from services.planning.names import Names
from services.planning.references import find

_HEADS = ">►▶→"
_RUN = re.compile(r"(?:[─━═┌┐└┘├┤┬┴┼╭╮╰╯│┃►▶→]|-{2,}|-(?=>)|(?<=[-─━═])>)+")
_CORNER = re.compile(r"[┌┐└┘├┤┬┴┼╭╮╰╯]")
_RIGHT, _LEFT, _DOWN, _UP = (0, 1), (0, -1), (1, 0), (-1, 0)
_WAYS: Mapping[str, Sequence[tuple[int, int]]] = {
    **dict.fromkeys("─━═-", (_LEFT, _RIGHT)),
    **dict.fromkeys("│┃", (_UP, _DOWN)),
    **dict.fromkeys("┌╭", (_RIGHT, _DOWN)),
    **dict.fromkeys("┐╮", (_LEFT, _DOWN)),
    **dict.fromkeys("└╰", (_RIGHT, _UP)),
    **dict.fromkeys("┘╯", (_LEFT, _UP)),
    "├": (_UP, _DOWN, _RIGHT),
    "┤": (_UP, _DOWN, _LEFT),
    "┬": (_LEFT, _RIGHT, _DOWN),
    "┴": (_LEFT, _RIGHT, _UP),
    "┼": (_LEFT, _RIGHT, _UP, _DOWN),
    **dict.fromkeys(_HEADS, (_LEFT,)),
}
"""The ways that lead out of each sign, as steps in lines and columns."""
_GAP = 2
"""So many spaces may lie between a line and the name it leaves or points to."""
Place = tuple[int, int]


class _Label(NamedTuple):
    """Units that are named on a line, from one column up to another."""

    start: int
    end: int
    units: frozenset[int]


def traced(lines: Sequence[str], names: Names) -> Iterator[tuple[int, int, int]]:
    """What lines drawn in a text state: unit, needed unit, and the index of the line of text with the arrow."""
    if any(map(_CORNER.search, lines)):  # straight arrows are read line by line
        yield from _Drawing(lines, names).edges()


class _Drawing:
    """The signs of a drawing by their places, and the names between them, which are read where a line leads to them."""

    def __init__(self, lines: Sequence[str], names: Names) -> None:
        self._lines = lines
        self._names = names
        self._runs = [list(_RUN.finditer(line)) for line in lines]
        self._signs = {
            (row, run.start() + at): sign
            for row, runs in enumerate(self._runs)
            for run in runs
            for at, sign in enumerate(run[0])
        }
        self._read: dict[int, list[_Label]] = {}

    def edges(self) -> Iterator[tuple[int, int, int]]:
        """Each unit that an arrow points to needs all units whose names its lines leave."""
        for figure in _figures(self._signs):
            heads = [place for place in figure if self._signs[place] in _HEADS]
            sources = {unit for place in figure for unit in self._left_by(*place)} if heads else set()
            for row, column in heads:
                for label in self._labels(row):
                    if 0 < label.start - column <= _GAP + 1:
                        yield from ((one, needed, row) for one in label.units for needed in sources - label.units)

    def _left_by(self, row: int, column: int) -> Iterator[int]:
        """The units whose names a sign touches: those on its left, and those it stands below."""
        ways = _WAYS[self._signs[row, column]]
        if _LEFT in ways and (row, column - 1) not in self._signs:
            for label in self._labels(row):
                if 0 <= column - label.end <= _GAP:
                    yield from label.units
        if _UP in ways and row and (row - 1, column) not in self._signs:
            for label in self._labels(row - 1):
                if label.start <= column < label.end:
                    yield from label.units

    def _labels(self, row: int) -> list[_Label]:
        """The names on a line, between the lines that are drawn there."""
        if row not in self._read:
            line, runs = self._lines[row], self._runs[row]
            starts = [0, *(run.end() for run in runs)]
            ends = [*(run.start() for run in runs), len(line)]
            parts = ((start, line[start:end]) for start, end in zip(starts, ends, strict=True))
            self._read[row] = [label for start, text in parts if (label := self._label(start, text)).units]
        return self._read[row]

    def _label(self, start: int, text: str) -> _Label:
        units = find(text.strip(), self._names).units
        return _Label(start + len(text) - len(text.lstrip()), start + len(text.rstrip()), units)


def _figures(signs: Mapping[Place, str]) -> Iterator[list[Place]]:
    """The signs that hang together: each leads to the next, and back."""
    seen: set[Place] = set()
    for start in signs:
        if start in seen:
            continue
        seen.add(start)
        figure = [start]
        for row, column in figure:  # it grows meanwhile
            for down, right in _WAYS[signs[row, column]]:
                place = row + down, column + right
                if place not in seen and (-down, -right) in _WAYS.get(signs.get(place, ""), ()):
                    seen.add(place)
                    figure.append(place)
        yield figure
