"""Tracing: lines drawn between phases with box characters, followed from the names they leave to the arrows they end in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from services.planning.names import Names
from services.planning.references import find

_HEADS = ">►▶→"
_RUN = re.compile(r"(?:[─━═┌┐└┘├┤┬┴┼╭╮╰╯│┃►▶→]|-{2,}|-(?=>)|(?<=[-─━═])>)+")
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
    signs: dict[Place, str] = {}
    labels: list[list[_Label]] = []
    for row, line in enumerate(lines):
        runs = list(_RUN.finditer(line))
        signs.update(((row, run.start() + at), sign) for run in runs for at, sign in enumerate(run[0]))
        labels.append(list(_labels(line, runs, names)))
    for figure in _figures(signs):
        sources = {unit for place in figure for unit in _left_by(place, signs, labels)}
        for row, column in figure:
            for label in labels[row] if signs[row, column] in _HEADS else ():
                if 0 < label.start - column <= _GAP + 1:
                    yield from ((subject, needed, row) for subject in label.units for needed in sources - label.units)


def _labels(line: str, runs: Sequence[re.Match[str]], names: Names) -> Iterator[_Label]:
    """The names between the lines that are drawn."""
    starts = [0, *(run.end() for run in runs)]
    ends = [*(run.start() for run in runs), len(line)]
    for start, end in zip(starts, ends, strict=True):
        text = line[start:end]
        units = find(text.strip(), names).units
        if units:
            yield _Label(start + len(text) - len(text.lstrip()), start + len(text.rstrip()), units)


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


def _left_by(place: Place, signs: Mapping[Place, str], labels: Sequence[Sequence[_Label]]) -> Iterator[int]:
    """The units whose names a sign touches: those on its left, and those it stands below."""
    (row, column), ways = place, _WAYS[signs[place]]
    if _LEFT in ways and (row, column - 1) not in signs:
        for label in labels[row]:
            if 0 <= column - label.end <= _GAP:
                yield from label.units
    if _UP in ways and row and (row - 1, column) not in signs:
        for label in labels[row - 1]:
            if label.start <= column < label.end:
                yield from label.units
