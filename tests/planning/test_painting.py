"""What is painted over inside lines never moves a block: the painted copy gives the outline of the document itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planning.markdown import read_outline
from services.planning.painting import painted

PIECES = (
    *(
        "# a\n",
        "**b**",
        "`c`",
        "```\n",
        "~~~\n",
        "- ",
        "* ",
        "[x] ",
        "[a](b) ",
        "\n",
        "\n\n",
        "    ",
        "> ",
        "---\n",
        "***\n",
    ),
    *(
        "___\n",
        "| a | b |\n|---|---|\n",
        "<!-- ",
        "-->",
        "<div>\n",
        "</div>\n",
        "[r]: u\n",
        "1. ",
        "_e_ ",
        "* * *\n",
        "&amp;",
    ),
    *("!", "\\", "``", "`", "word ", "\t", "__x__", "é ", "+ ", "===\n", "```yaml\n", "````\n", "\0", "a]: b "),
)


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_the_outline_is_that_of_the_text_as_written(text: str) -> None:
    assert read_outline(text).blocks == read_outline(text, prepared=bytes.decode).blocks


@pytest.mark.parametrize("text", ["- a **b** `c` [d](e)\n\n# _f_ & g\n", "ß [x]: y\n", "[x]: y\n", "***\n", "```a`b\n"])
def test_every_byte_keeps_its_place(text: str) -> None:
    assert len(painted(text.encode())) == len(text.encode())
