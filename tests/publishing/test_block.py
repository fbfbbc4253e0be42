"""The managed block is replaced in place, and nothing that people wrote is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publishing.block import Block
from services.publishing.markers import Markers

BLOCK = Block(Markers(b"key"), "plan1")
OTHER = Block(Markers(b"key"), "plan2")
OLD = BLOCK.around("old")

anything = st.text(max_size=60)


@given(before=anything, after=anything)
def test_every_byte_around_the_block_stays(before: str, after: str) -> None:
    shown = BLOCK.replaced(before + OLD + after, "new\nlines")
    assert shown.startswith(before)
    assert shown.endswith(after)
    inside = shown.removeprefix(before).removesuffix(after)
    assert inside.replace("\r\n", "\n") == BLOCK.around("new\nlines")


@given(before=anything, after=anything)
def test_replacing_twice_is_replacing_once(before: str, after: str) -> None:
    once = BLOCK.replaced(before + OLD + after, "new")
    assert BLOCK.replaced(once, "new") == once


@given(body=anything)
def test_a_block_that_people_deleted_is_put_last(body: str) -> None:
    shown = BLOCK.replaced(body, "new")
    assert shown.startswith(body)
    assert shown.replace("\r\n", "\n").endswith(BLOCK.around("new"))


def test_a_body_edited_in_a_browser_keeps_its_line_ends() -> None:
    body = f"What people wrote.\n\n{OLD}\n\nAnd more.".replace("\n", "\r\n")
    shown = BLOCK.replaced(body, "new\ntable")
    assert "\n" not in shown.replace("\r\n", "")
    assert BLOCK.replaced(shown, "new\ntable") == shown


def test_the_block_of_another_plan_is_left_alone() -> None:
    body = OTHER.around("theirs")
    assert BLOCK.replaced(body, "ours") == f"{body}\n\n{BLOCK.around('ours')}"


def test_a_block_of_somebody_elses_making_is_no_block() -> None:
    forged = Block(Markers(b"another key"), "plan1").around("forged")
    assert BLOCK.replaced(forged, "ours").startswith(forged)


@pytest.mark.parametrize("broken", [OLD.replace("old", "").split()[0], OLD[: len(OLD) // 2], OLD[len(OLD) // 2 :]])
def test_half_a_block_is_what_people_made_of_it(broken: str) -> None:
    assert BLOCK.replaced(broken, "new") == f"{broken}\n\n{BLOCK.around('new')}"


def test_of_two_copies_one_is_kept_up_to_date() -> None:
    assert BLOCK.replaced(f"{OLD}\n{OLD}", "new") == f"{OLD}\n{BLOCK.around('new')}"
