"""Children are brought into order by the fewest moves, and those of other people stay where they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publishing.arranging import Move, moves

ORDERS = st.permutations(range(1, 8)).map(list)


def arranged(there: list[int], wanted: list[int]) -> list[int]:
    """As the server does it: taken out, and put right beside the other."""
    order = list(there)
    for move in moves(there, wanted):
        order.remove(move.issue)
        anchor = move.after or move.before
        assert anchor is not None
        order.insert(order.index(anchor) + (move.after is not None), move.issue)
    return order


@pytest.mark.parametrize(
    ("there", "wanted", "made"),
    [
        ([1, 2, 3], [1, 2, 3], []),
        ([1, 2, 3], [1, 3, 2], [Move(3, after=1)]),
        ([1, 2, 3], [3, 1, 2], [Move(3, before=1)]),
        ([9, 1, 2], [2, 1], [Move(2, before=1)]),
        ([1, 2, 3, 4], [2, 3, 4, 1], [Move(1, after=4)]),
        ([1, 2], [1, 7, 2], []),
        ([], [1], []),
    ],
)
def test_only_what_is_out_of_place_is_moved(there: list[int], wanted: list[int], made: list[Move]) -> None:
    assert list(moves(there, wanted)) == made


@given(ORDERS, ORDERS)
def test_any_order_becomes_any_other(there: list[int], wanted: list[int]) -> None:
    assert arranged(there, wanted) == wanted


@given(ORDERS, ORDERS, st.integers(1, 7))
def test_those_of_other_people_do_not_keep_ours_from_their_order(there: list[int], wanted: list[int], own: int) -> None:
    ours = [one for one in wanted if one > own]

    assert [one for one in arranged(there, ours) if one > own] == ours
