"""The layers of a dependency graph: nothing overlaps, every line leads forward, whatever the graph."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.publishing.layers import Measures, Picture, layered, without_implied

M = Measures()


@st.composite
def graphs(draw: st.DrawFn, most: int = 24) -> dict[str, tuple[str, ...]]:
    """Phases that need some of those before them."""
    count = draw(st.integers(0, most))
    needs: dict[str, tuple[str, ...]] = {}
    for n in range(count):
        earlier = [f"p{k}" for k in range(n)]
        chosen = draw(st.lists(st.sampled_from(earlier), max_size=4, unique=True)) if earlier else []
        needs[f"p{n}"] = tuple(chosen)
    return needs


def overlaps(picture: Picture) -> list[tuple[str, str]]:
    return [
        (one.key, other.key)
        for one, other in combinations(picture.boxes, 2)
        if abs(one.x - other.x) < M.width and abs(one.y - other.y) < M.height
    ]


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_boxes_never_overlap_and_stay_inside(needs: dict[str, tuple[str, ...]]) -> None:
    picture = layered(needs)

    assert [box.key for box in picture.boxes] == list(needs)
    assert not overlaps(picture)
    assert all(
        0 <= box.x <= picture.width - M.width and 0 <= box.y <= picture.height - M.height for box in picture.boxes
    )


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_every_line_leads_down_from_what_is_needed_to_what_needs_it(needs: dict[str, tuple[str, ...]]) -> None:
    picture = layered(needs)
    boxes = {box.key: box for box in picture.boxes}

    for line in picture.lines:
        source, target = boxes[line.source], boxes[line.target]
        assert line.source in needs[line.target]
        assert source.layer < target.layer
        assert all(upper[1] < lower[1] for upper, lower in pairwise(line.points))
        assert line.points[0] == (round(source.x + M.width / 2, 1), source.y + M.height)
        assert line.points[-1] == (round(target.x + M.width / 2, 1), target.y)


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_no_line_runs_through_a_box(needs: dict[str, tuple[str, ...]]) -> None:
    picture = layered(needs)

    for line in picture.lines:
        straight = [(x, upper, lower) for (x, upper), (other, lower) in pairwise(line.points) if x == other]
        for x, upper, lower in straight:
            for box in picture.boxes:
                inside = box.x < x < box.x + M.width and upper < box.y + M.height and lower > box.y
                assert not inside, (line, box)


def reach(needs: dict[str, tuple[str, ...]], key: str) -> set[str]:
    found: set[str] = set()
    ahead = list(needs[key])
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += needs[one]
    return found


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_needs_that_others_imply_are_left_out_and_nothing_else(needs: dict[str, tuple[str, ...]]) -> None:
    drawn = without_implied(needs)

    for key in needs:
        assert reach(drawn, key) == reach(needs, key)
        for need in drawn[key]:
            assert all(need not in reach(needs, other) for other in drawn[key])


def test_fifty_phases_that_all_need_one_another_are_a_chain() -> None:
    needs = {f"p{n}": tuple(f"p{k}" for k in range(n)) for n in range(50)}

    picture = layered(needs)

    assert len(picture.lines) == 49
    assert picture.width == M.width + 2 * M.margin


def test_a_diamond_stands_upright() -> None:
    picture = layered({"top": (), "left": ("top",), "right": ("top",), "bottom": ("left", "right")})

    top, left, right, bottom = picture.boxes
    assert top.x == bottom.x
    assert left.x < top.x < right.x
    assert left.y == right.y


def test_a_thousand_phases_are_drawn() -> None:
    needs = {f"p{n}": tuple(f"p{k}" for k in {n // 2, n - 7} if 0 <= k < n) for n in range(1000)}

    assert len(layered(needs).boxes) == 1000
