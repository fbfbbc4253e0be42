"""The critical path: the chain that takes longest, by what phases took or are expected to take."""

from __future__ import annotations

from datetime import timedelta

from services.domain.critical_path import critical_path, expected, took
from tests.plans import NOW, Story, chain, plan


def test_the_longest_chain_is_found() -> None:
    made = plan({"a": "", "long": "a", "short": "a", "end": "long short", "other": ""})

    path = critical_path(made, lambda phase: 10 if phase.key == "long" else 1)

    assert path == ("a", "long", "end")


def test_it_has_a_place_for_every_plan() -> None:
    assert critical_path(plan({}), lambda _: 1) == ()
    assert critical_path(chain("a"), lambda _: 1) == ("a",)


def test_phases_take_what_they_took_and_others_as_long_on_average() -> None:
    story = Story(chain("a b")).starts("a")
    story.now += timedelta(seconds=30)
    story.ends("a")

    seconds = expected(story.plan, story.now)

    assert took(story.phase("b"), NOW) is None
    assert (seconds(story.phase("a")), seconds(story.phase("b"))) == (30.0, 30.0)
