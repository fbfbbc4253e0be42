"""Sequences: what has to be moved to bring one order into another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


def out_of_order(now: Sequence[Item], before: Sequence[Item]) -> set[Item]:
    """Those that would have to be moved: all outside a longest run whose order is still the old one.

    Everything in `now` is in `before`, once.
    """
    place = {item: at for at, item in enumerate(before)}
    ends: list[int] = []
    last: list[Item] = []
    previous: dict[Item, Item | None] = {}
    for item in now:
        at = bisect_left(ends, place[item])
        previous[item] = last[at - 1] if at else None
        ends[at : at + 1] = [place[item]]
        last[at : at + 1] = [item]
    stays: set[Item] = set()
    step = last[-1] if last else None
    while step is not None:
        stays.add(step)
        step = previous[step]
    return set(now) - stays
