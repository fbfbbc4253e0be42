"""Drawing: what stands on the axis of a timeline, and that all of it can be read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.web.console.drawing import timeline_of
from tests.plans import Story, chain, published

LETTER = 7.5
"""Pixels that a letter of an axis takes at most."""


@pytest.mark.parametrize(
    ("passed", "last"),
    [
        (timedelta(seconds=4), "4 s"),
        (timedelta(seconds=75), "1 min 15 s"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(hours=25), "1 d"),
        (timedelta(days=400), "390 d"),
    ],
)
def test_the_moments_of_a_timeline_are_told_and_not_cut(passed: timedelta, last: str) -> None:
    story = Story(published(chain("A"))).starts("A")

    drawn = timeline_of(story.plan, {"A": [story.attempt("A")]}, story.attempt("A").claimed_at + passed)

    assert drawn is not None
    assert (drawn.ticks[0][1], drawn.ticks[-1][1]) == ("0 s", last)
    assert all(x + len(word) * LETTER <= drawn.width for x, word in drawn.ticks)
