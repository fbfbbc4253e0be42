"""Arranging: the fewest moves that bring the children of an issue into the order of their phases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.domain.sequences import out_of_order


@dataclass(frozen=True, slots=True)
class Move:
    """Put the issue of this id right after another one, or right before one."""

    issue: int
    after: int | None = None
    before: int | None = None


def moves(there: Sequence[int], wanted: Sequence[int]) -> Iterator[Move]:
    """To be made one after the other. Children that are none of the `wanted` ones are other people's and stay put; a
    wanted one that is not `there` is left out."""
    known, ours = set(there), set(wanted)
    current = [one for one in there if one in ours]
    order = [one for one in wanted if one in known]
    loose = out_of_order(order, current)
    for place, issue in enumerate(order):
        if issue in loose:
            yield Move(issue, after=order[place - 1]) if place else Move(issue, before=current[0])
