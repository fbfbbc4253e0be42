"""What people write is shown as they wrote it, without anything that a terminal would obey."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.tui import words


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00\x07\x9bb", "ab"),
        ("\u202egnirts", "gnirts"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
    ],
)
def test_nothing_is_left_that_a_terminal_obeys(written: str, shown: str) -> None:
    assert words.clean(written) == shown


def test_times_are_short() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)

    told = [words.ago(now - timedelta(seconds=age), now) for age in (0, 59, 60, 3599, 3600, 86400, -5)]

    assert told == ["0s", "59s", "1m", "59m", "1h", "1d", "0s"]


def test_every_status_has_a_sign_of_its_own() -> None:
    from services.domain.phase import QueueStatus

    signs = [words.state(one).plain.split()[0] for one in QueueStatus]

    assert len(set(signs)) == len(signs)
