"""The view on a terminal, drawn on consoles of a known size."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from bot.cli.run.facts import Facts
from bot.cli.run.live import Live
from tests.cli.told import Told
from tests.plans import BY_HAND, Story, chain, loose, plan, published


def _frame(story: Story, *, width: int = 80, height: int = 24, notice: str = "") -> list[str]:
    """The last frame as it stands on the screen."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    view = Live(Facts(Told(story)), console)
    view.begin(story.plan, resumed=False)
    if notice:
        view.say(notice)
    drawn = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    drawn.print(view.frame())
    view.end()
    assert isinstance(drawn.file, io.StringIO)
    return [line.rstrip() for line in drawn.file.getvalue().splitlines()]


def test_a_row_says_state_name_issue_and_why_it_waits() -> None:
    story = Story(published(chain("walls roof"))).starts("walls")

    head, walls, roof, bar = _frame(story)

    assert head == "Plan  http://hub/ada/site/issues/1"
    assert walls.split() == ["⠋", "Walls", "#2", "running", "0.0", "s"]
    assert roof.split() == ["·", "Roof", "#3", "queued", "waits", "for", "Walls"]
    assert bar.endswith("0/2 · 0.0 s")


def test_the_number_of_the_attempt_and_the_error_are_shown() -> None:
    story = Story(loose("walls"))
    story.breaks("walls")

    (_, walls, _) = _frame(story)

    assert walls.split() == ["✗", "Walls", "failed", "0.0", "s", "walls", "broke"]


def test_work_by_hand_does_not_run_a_clock() -> None:
    story = Story(loose("walls", BY_HAND)).starts("walls")

    assert _frame(story)[1].split() == ["▶", "Walls", "by", "hand"]


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_no_frame_higher(count: int, width: int) -> None:
    keys = [f"phase-with-a-rather-long-name-that-has-to-be-cut-somewhere-{n}" for n in range(count)]
    story = Story(published(chain(" ".join(keys)))).passes(*keys[: count // 2])

    frame = _frame(story, width=width, notice="Interrupted: " + "very " * 30)

    assert max(map(len, frame)) <= width
    assert len(frame) <= 24


def test_where_not_all_fit_what_moves_or_broke_is_shown_first() -> None:
    keys = [f"p{n}" for n in range(50)]
    story = Story(loose(" ".join(keys))).passes(*keys[:40])
    story.breaks("p45")
    story.starts("p49")

    frame = "\n".join(_frame(story, height=12))

    assert "P45" in frame
    assert "P49" in frame
    assert "… and 42 more" in frame
    assert "40/50" in frame


@pytest.mark.parametrize("notice", ["", "Going on with an unfinished plan."])
def test_twenty_phases_fit_an_ordinary_terminal(notice: str) -> None:
    story = Story(loose(" ".join(f"p{n}" for n in range(1, 21))))

    frame = _frame(story, notice=notice)

    assert sum(line.startswith("○ P") for line in frame) == 20
    assert len(frame) < 24, "the cursor needs a line, too"


def test_short_names_leave_room_for_long_reasons() -> None:
    story = Story(published(plan({"a": "", "b": "", "c": "", "d": "a b c"})))
    for key in "abc":
        story.plan = story.plan.with_phase(replace(story.phase(key), title=f"Wing {key}, new"))

    assert _frame(story)[4].endswith("waits for Wing a, new, Wing b, new and Wing c, new")


def test_markup_in_a_title_is_text() -> None:
    story = Story(loose("walls"))
    story.plan = story.plan.with_phase(replace(story.phase("walls"), title="[bold]Walls[/bold] :smile:"))

    assert "[bold]Walls[/bold] :smile:" in _frame(story)[1]
