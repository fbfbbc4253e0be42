"""All dependency graphs of a size, one of each shape, and the ways in which a shape looks like itself."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import cache
from itertools import chain, combinations, permutations, product
from typing import TypeVar

Edges = frozenset[tuple[int, int]]
"""Pairs (dependent, dependency); a phase needs only phases with lower numbers."""

Renaming = tuple[int, ...]
"""The new number of each phase."""


@cache
def shapes(size: int) -> tuple[Edges, ...]:
    """Every acyclic graph over so many phases, up to renaming: 1, 2, 6, 31, 302, … of them."""
    pairs = list(combinations(range(size), 2))
    every = chain.from_iterable(combinations(pairs, count) for count in range(len(pairs) + 1))
    seen: dict[tuple[tuple[int, int], ...], Edges] = {}
    for chosen in every:
        edges = frozenset((after, before) for before, after in chosen)
        seen.setdefault(_unnamed(edges, size), edges)
    return tuple(seen.values())


def symmetries(edges: Edges, colours: Sequence[Hashable]) -> tuple[Renaming, ...]:
    """The renamings that leave graph and colours as they are; always at least the one that renames nothing."""
    size = len(colours)
    return tuple(
        renaming
        for renaming in permutations(range(size))
        if all(colours[old] == colours[new] for old, new in enumerate(renaming)) and _renamed(edges, renaming) == edges
    )


Colour = TypeVar("Colour", bound=Hashable)


def colourings(edges: Edges, size: int, palette: Sequence[Colour]) -> Iterator[tuple[Colour, ...]]:
    """Every way to colour the phases, up to the symmetries of the graph."""
    same = symmetries(edges, [None] * size)
    seen: set[tuple[Colour, ...]] = set()
    for colours in product(palette, repeat=size):
        if colours not in seen:
            seen.update(tuple(colours[renaming[place]] for place in range(size)) for renaming in same)
            yield colours


def _unnamed(edges: Edges, size: int) -> tuple[tuple[int, int], ...]:
    return min(tuple(sorted(_renamed(edges, renaming))) for renaming in permutations(range(size)))


def _renamed(edges: Edges, renaming: Renaming) -> Edges:
    return frozenset((renaming[after], renaming[before]) for after, before in edges)
