"""Markers are believed where their signature holds, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publishing.markers import Marker, MarkerKind, Markers

MARKERS = Markers(b"our key")
PHASE = Marker(MarkerKind.PHASE, "plan1", "setup")

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
own_kinds = st.sampled_from([MarkerKind.PLAN, MarkerKind.PHASE, MarkerKind.COMMENT, MarkerKind.STATUS])
markers = st.builds(Marker, own_kinds, anything, anything)


@given(marker=markers, before=anything, after=anything)
def test_what_was_written_is_found_again_amid_any_text(marker: Marker, before: str, after: str) -> None:
    assert MARKERS.find(f"{before}\n{MARKERS.write(marker)}{after}") == marker


@given(marker=markers)
def test_a_marker_is_one_html_comment_whatever_it_names(marker: Marker) -> None:
    inside = MARKERS.write(marker).removeprefix("<!--").removesuffix("-->")
    assert "--" not in inside
    assert ">" not in inside
    assert inside.isprintable()


@given(one=markers, other=markers)
def test_two_markers_never_look_the_same(one: Marker, other: Marker) -> None:
    assert (MARKERS.write(one) == MARKERS.write(other)) == (one == other)


def test_a_marker_signed_with_another_key_is_ignored() -> None:
    assert MARKERS.find(Markers(b"their key").write(PHASE)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [("plan1", "plan2"), ("setup", "deploy"), (":phase", ":plan"), (":phase", ":nonsense"), (" of=setup", " of=")],
)
def test_a_marker_that_was_changed_is_ignored(old: str, new: str) -> None:
    assert MARKERS.find(MARKERS.write(PHASE).replace(old, new, 1)) is None


def test_a_genuine_marker_counts_beside_forged_ones() -> None:
    forged = Markers(b"their key").write(Marker(MarkerKind.PHASE, "plan1", "deploy"))
    assert MARKERS.find(f"{forged}\n{MARKERS.write(PHASE)}\n{forged}") == PHASE


def test_the_last_marker_counts_because_ours_stands_last() -> None:
    copied = MARKERS.write(Marker(MarkerKind.PHASE, "plan0", "setup"))
    assert MARKERS.find(f"```\n{copied}\n```\n{MARKERS.write(PHASE)}") == PHASE


def test_the_ends_of_a_block_say_nothing_about_the_body() -> None:
    assert MARKERS.find(MARKERS.write(Marker(MarkerKind.BEGIN, "plan1"))) is None


@pytest.mark.parametrize("body", [None, "", "<!-- phasebot:phase plan=x of=y sig= -->", "<!-- phasebot -->"])
def test_bodies_without_a_marker_have_none(body: str | None) -> None:
    assert MARKERS.find(body) is None


def test_nobody_signs_with_an_empty_key() -> None:
    with pytest.raises(ValueError, match="key"):
        Markers(b"")
