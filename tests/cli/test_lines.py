"""The view without a terminal: lines on stderr."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cli.run.facts import Facts
from bot.cli.run.lines import Lines
from tests.cli.told import Told
from tests.plans import LOCAL, Story, chain, loose, published


def _lines(story: Story, capsys: pytest.CaptureFixture[str]) -> list[str]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_each_change_of_a_phase_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    story = Story(published(chain("walls roof")))
    view = Lines(Facts(Told(story)))
    view.begin(story.plan, resumed=False)

    story.starts("walls")
    view.show(story.plan)
    view.show(story.plan)
    story.now += timedelta(seconds=2)
    story.ends("walls")
    view.show(story.plan)
    story.starts("roof").ends("roof", "broke")
    view.show(story.plan)

    assert _lines(story, capsys) == [
        "plan       Plan (2 phases)",
        "issue      http://hub/ada/site/issues/1",
        "running    Walls (attempt 1)",
        "completed  Walls (attempt 1, 2.0 s)",
        "ready      Roof",
        "failed     Roof (attempt 1, 0.0 s, roof broke)",
    ]


def test_a_retry_says_when_it_will_be(capsys: pytest.CaptureFixture[str]) -> None:
    story = Story(loose("walls", replace(LOCAL, retries=1, retry_delay=timedelta(seconds=60))))
    view = Lines(Facts(Told(story)))
    view.begin(story.plan, resumed=False)

    story.breaks("walls", retryable=True)
    view.show(story.plan)

    assert "is tried again in" in _lines(story, capsys)[-1]


def test_what_was_done_before_is_not_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    story = Story(chain("walls roof")).passes("walls")
    view = Lines(Facts(Told(story)))

    view.begin(story.plan, resumed=True)

    assert _lines(story, capsys) == ["resumed    Plan (2 phases)"]


def test_titles_give_no_orders_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    story = Story(loose("walls"))
    story.plan = story.plan.with_phase(replace(story.phase("walls"), title="Wa\x1b[31mlls\nrunning  no"))
    view = Lines(Facts(Told(story)))
    view.begin(story.plan, resumed=False)

    view.show(story.starts("walls").plan)

    assert _lines(story, capsys)[-1] == "running    Wa [31mlls running no (attempt 1)"
