"""New text and edits by hand are merged by lines; where both changed the same, both are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publishing.merge import HEADING, merged

BASE = "Intro.\n\n- [ ] one\n- [ ] two\n\nOutro."


def test_an_issue_nobody_edited_takes_the_new_text() -> None:
    assert merged(BASE, "New.", BASE).text == "New."


def test_an_edit_by_hand_stays_where_the_plan_has_not_changed() -> None:
    edited = BASE.replace("Intro.", "Intro, by Ada.\n\nAsk Eve first.")
    new = BASE.replace("- [ ] two", "- [ ] two\n- [ ] three")

    found = merged(BASE, new, edited)

    assert found.text == edited.replace("- [ ] two", "- [ ] two\n- [ ] three")
    assert found.conflicts == ()


def test_boxes_ticked_by_hand_stay_ticked() -> None:
    found = merged(BASE, BASE.replace("Outro.", "The end."), BASE.replace("[ ] one", "[x] one"))

    assert found.text == BASE.replace("[ ] one", "[x] one").replace("Outro.", "The end.")


def test_where_both_changed_the_same_both_are_kept() -> None:
    edited = BASE.replace("Outro.", "Outro, as Ada sees it.")
    new = BASE.replace("Outro.", "Outro, as planned.")

    found = merged(BASE, new, edited)

    assert found.conflicts == ("Outro, as planned.",)
    assert found.text.startswith(edited)
    before, after = found.text.split(HEADING)
    assert "as planned" not in before
    assert after.endswith("Outro, as planned.")


def test_merging_the_same_change_again_adds_nothing() -> None:
    edited, new = BASE.replace("Outro.", "Mine."), BASE.replace("Outro.", "Theirs.")
    once = merged(BASE, new, edited)

    assert merged(BASE, new, once.text).text == once.text
    assert merged(new, new, once.text).text == once.text


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    new = BASE.replace("Intro.", "Better.")

    assert merged(BASE, new, new) == merged(BASE, new, BASE)


_lines = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=8)
_own = st.lists(st.sampled_from(["mine 1", "mine 2", "mine 3"]), max_size=3, unique=True)


@given(_lines, _lines, _lines, _own, st.integers(0, 8))
def test_no_line_that_a_person_added_is_ever_lost(
    base: list[str], new: list[str], kept: list[str], own: list[str], place: int
) -> None:
    edited = [*kept[:place], *own, *kept[place:]]

    lines = merged("\n".join(base), "\n".join(new), "\n".join(edited)).text.split("\n")

    assert [line for line in lines if line in own] == own


@pytest.mark.parametrize("many", ["\n" * 60_000, "x\n" * 30_000])
def test_large_and_monotonous_bodies_are_merged(many: str) -> None:
    assert merged(many, f"new\n{many}", f"{many}by hand").text == f"new\n{many}by hand"
