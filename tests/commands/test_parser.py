"""Only what a person wrote at the start of a line is a command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commands.parser import MOST, heard


def words(comment: str) -> list[str]:
    return [command.written for command in heard(comment).commands]


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("/phase retry 2", ["retry 2"]),
        ("Thanks.\n/phase retry 2\nand\r\n/Phase SKIP `Setup`", ["retry 2", "skip Setup"]),
        ("@phasebot why\n@phasebot[bot] status\n@Phasebot, help", ["why", "status", "help"]),
        ("/phase", ["help"]),
        ("/phase priority=high 2\n/phase priority = 10", ["priority high 2", "priority 10"]),
        ("/phase retry 2 <!-- because -->", ["retry 2"]),
        ("> /phase retry\n\n/phase skip 1", ["skip 1"]),
        ("/phase retry 2\n---\nAda", ["retry 2"]),
        ("été\n/phase retry été", ["retry été"]),
    ],
)
def test_commands_stand_at_the_start_of_a_line(comment: str, found: list[str]) -> None:
    assert words(comment) == found


@pytest.mark.parametrize(
    "comment",
    [
        "please /phase retry",
        "> /phase retry",
        "> quoted\n/phase retry",
        "```\n/phase retry\n```",
        "    /phase retry",
        "`\n/phase retry\n`",
        "<!--\n/phase retry\n-->",
        "<div>\n/phase retry\n</div>",
        "- /phase retry",
        "| a |\n| - |\n| b |\n/phase retry",
        "/phases retry",
        "/phase-retry",
        "/phase/retry",
        "@phasebots retry",
        "",
    ],
)
def test_quoted_code_and_hidden_text_commands_nothing(comment: str) -> None:
    assert words(comment) == []


def test_what_an_edit_leaves_alone_keeps_its_identity() -> None:
    before = heard("/phase retry 2\n/phase retry 2").commands
    after = heard("/phase skip 1\n/phase retry 2\n/phase retry 2\n/phase retry 3").commands
    assert [one.id for one in before] == [one.id for one in after[1:3]]
    assert len({one.id for one in after}) == 4


def test_no_more_than_a_handful_of_a_comment_are_carried_out() -> None:
    found = heard("/phase status\n" * (MOST + 3))
    assert (len(found.commands), found.ignored) == (MOST, 3)


@given(st.text(alphabet="/phase @bot\n`<!->#ab\t*_~|[]()\r\u200bé", max_size=120))
def test_whatever_is_written_can_be_read(comment: str) -> None:
    heard(f"/phase a\n{comment}\n/phase b")
