"""Layers: where the boxes of a dependency graph stand, and how the lines between them run. Whoever shows it draws it.

Sugiyama's way (https://doi.org/10.1109/TSMC.1981.4308636): each phase stands one layer below the lowest that it needs; a line
that passes a layer bends there, in a place of its own; the order within a layer follows the neighbours above and below, and
so do the places, as near to them as the neighbours beside allow. A need that others imply is not drawn.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise

SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes in the units of the drawing."""

    width: float = 188
    height: float = 46
    beside: float = 20
    between: float = 34
    bend: float = 10
    margin: float = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A phase: its upper left corner."""

    key: str
    layer: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """From the lower edge of what is needed, through its bends, to the upper edge of what needs it."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All boxes, in the order in which they were given, and all lines."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


_Node = tuple[str, str, int]
"""A phase (its key twice), or the bend of a line in a layer (both ends of the line)."""


def layered(needs: Mapping[str, Sequence[str]], measures: Measures | None = None) -> Picture:
    """The graph, which has no cycles, from above to below."""
    measures = measures or Measures()
    drawn = without_implied(needs)
    layer = _layers(drawn)
    chains = {(need, key): _chain(need, key, layer) for key, needed in drawn.items() for need in needed}
    rows = _rows(needs, layer, chains.values())
    links = [pair for chain in chains.values() for pair in pairwise(chain)]
    rows = _ordered(rows, links)
    centres = _placed(rows, links, measures)
    return _picture(needs, layer, chains, centres, measures)


def without_implied(needs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Each phase with those needs that no other of its needs has itself, directly or not."""
    bit = {key: 1 << place for place, key in enumerate(needs)}
    above: dict[str, int] = {}
    for key in TopologicalSorter(needs).static_order():
        above[key] = 0
        for need in needs[key]:
            above[key] |= bit[need] | above[need]
    kept = {}
    for key, needed in needs.items():
        implied = 0
        for need in needed:
            implied |= above[need]
        kept[key] = tuple(need for need in dict.fromkeys(needed) if not bit[need] & implied)
    return kept


def _layers(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    layer: dict[str, int] = {}
    for key in TopologicalSorter(needs).static_order():
        layer[key] = 1 + max((layer[need] for need in needs[key]), default=-1)
    return layer


def _chain(need: str, key: str, layer: Mapping[str, int]) -> list[_Node]:
    bends = [(need, key, one) for one in range(layer[need] + 1, layer[key])]
    return [(need, need, layer[need]), *bends, (key, key, layer[key])]


def _rows(keys: Iterable[str], layer: Mapping[str, int], chains: Iterable[Sequence[_Node]]) -> list[list[_Node]]:
    rows: list[list[_Node]] = [[] for _ in range(1 + max(layer.values(), default=-1))]
    for key in keys:
        rows[layer[key]].append((key, key, layer[key]))
    for chain in chains:
        for bend in chain[1:-1]:
            rows[bend[2]].append(bend)
    return rows


# ---------------------------------------------------------------- the order within a layer


def _ordered(rows: list[list[_Node]], links: Sequence[tuple[_Node, _Node]]) -> list[list[_Node]]:
    """The order with the fewest crossings of those that were tried."""
    best, fewest = rows, _crossings(rows, links)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        rows = _swept(rows, links, downwards=sweep % 2 == 0)
        crossings = _crossings(rows, links)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _swept(
    rows: Sequence[Sequence[_Node]], links: Sequence[tuple[_Node, _Node]], *, downwards: bool
) -> list[list[_Node]]:
    """Each row sorted by the middle of its neighbours in the row before it."""
    place = {node: float(at) for row in rows for at, node in enumerate(row)}
    neighbours = _neighbours(links, downwards=downwards)
    sorted_rows = []
    for row in rows if downwards else reversed(rows):
        wanted = {node: _middle([place[one] for one in neighbours.get(node, ())], place[node]) for node in row}
        new = sorted(row, key=wanted.__getitem__)
        place.update((node, float(at)) for at, node in enumerate(new))
        sorted_rows.append(new)
    return sorted_rows if downwards else sorted_rows[::-1]


def _neighbours(links: Sequence[tuple[_Node, _Node]], *, downwards: bool) -> dict[_Node, list[_Node]]:
    """Those above each node; those below it when going upwards."""
    found: dict[_Node, list[_Node]] = {}
    for upper, lower in links:
        here, there = (lower, upper) if downwards else (upper, lower)
        found.setdefault(here, []).append(there)
    return found


def _middle(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _crossings(rows: Sequence[Sequence[_Node]], links: Sequence[tuple[_Node, _Node]]) -> int:
    place = {node: at for row in rows for at, node in enumerate(row)}
    by_row: dict[int, list[tuple[int, int]]] = {}
    for upper, lower in links:
        by_row.setdefault(upper[2], []).append((place[upper], place[lower]))
    return sum(_inversions([lower for _, lower in sorted(pairs)]) for pairs in by_row.values())


def _inversions(numbers: Sequence[int]) -> int:
    """How many pairs stand the wrong way round."""
    seen: list[int] = []
    found = 0
    for number in numbers:
        found += len(seen) - bisect_right(seen, number)
        insort(seen, number)
    return found


# ---------------------------------------------------------------- places


def _placed(
    rows: Sequence[Sequence[_Node]], links: Sequence[tuple[_Node, _Node]], measures: Measures
) -> dict[_Node, float]:
    """The middle of each node, from the left."""
    centre: dict[_Node, float] = {}
    for row in rows:
        wanted = [0.0] * len(row)
        centre.update(zip(row, _apart(row, wanted, measures), strict=True))
    above, below = _neighbours(links, downwards=True), _neighbours(links, downwards=False)
    for sweep in range(SWEEPS):
        neighbours = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [_middle([centre[one] for one in neighbours.get(node, ())], centre[node]) for node in row]
            centre.update(zip(row, _apart(row, wanted, measures), strict=True))
    return centre


def _apart(row: Sequence[_Node], wanted: Sequence[float], measures: Measures) -> list[float]:
    """As near as possible to where each wants to be, in this order and without touching: the least squares, found by pooling
    neighbours that get in each other's way."""
    offsets, at = [], 0.0
    for place, node in enumerate(row):
        if place:
            at += (_width(row[place - 1], measures) + _width(node, measures)) / 2 + measures.beside
        offsets.append(at)
    pools: list[list[float]] = []  # sum and count
    for want, offset in zip(wanted, offsets, strict=True):
        pools.append([want - offset, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1] = [pools[-1][0] + total, pools[-1][1] + count]
    starts = [total / count for total, count in pools for _ in range(int(count))]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def _width(node: _Node, measures: Measures) -> float:
    return measures.width if node[0] == node[1] else measures.bend


def _picture(
    needs: Mapping[str, Sequence[str]],
    layer: Mapping[str, int],
    chains: Mapping[tuple[str, str], Sequence[_Node]],
    centres: Mapping[_Node, float],
    m: Measures,
) -> Picture:
    left = min((centre - _width(node, m) / 2 for node, centre in centres.items()), default=0) - m.margin
    right = max((centre + _width(node, m) / 2 for node, centre in centres.items()), default=0) + m.margin

    def top(one: int) -> float:
        return m.margin + one * (m.height + m.between)

    def points(chain: Sequence[_Node]) -> Iterable[tuple[float, float]]:
        for place, node in enumerate(chain):
            x = round(centres[node] - left, 1)
            if place:
                yield (x, top(node[2]))
            if place < len(chain) - 1:
                yield (x, top(node[2]) + m.height)

    boxes = [
        Box(key, layer[key], round(centres[(key, key, layer[key])] - left - m.width / 2, 1), top(layer[key]))
        for key in needs
    ]
    lines = [Line(need, key, tuple(points(chain))) for (need, key), chain in chains.items()]
    height = top(max(layer.values(), default=0)) + m.height + m.margin
    return Picture(round(right - left, 1), height, tuple(boxes), tuple(lines))
