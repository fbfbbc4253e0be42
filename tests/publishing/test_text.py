"""Echoed text is readable and inert: nothing in it acts on GitHub, whatever it is made of."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.publishing.quiet import PAUSE, clean, quiet
from services.publishing.text import cell, code, cut, document, fenced, inline, length, shortened, title

from .rendering import live, page

# What a hostile plan would be made of; in any order, with any text between
_PIECES = [
    "@ada",
    "@acme/team",
    "#12",
    "acme/site#3",
    "GH-4",
    "fixes #5",
    "https://github.com/acme/site/issues/6",
    "www.github.com/acme/site/pull/7",
    "[x](https://github.com/acme/site/issues\\/8)",
    "[x](//github.com/acme/site/pull/9)",
    "&#64;ada",
    "&commat;ada",
    "&#35;10",
    "#&#49;1",
    "\\@ada",
    "\\#12",
    "GH\\-13",
    "/phase retry",
    "@dependabot rebase",
    "<!-- ",
    " -->",
    "<!-->",
    "<!-- phasebot:phase plan=a of=b sig=00000000000000000000000000000000 -->",
    "<details>",
    "<details\nopen",
    "</details>",
    "</details",
    "<summary>",
    "<pre>",
    "</pre>",
    "<script>",
    "<![CDATA[",
    "<?",
    "<b>@ada</b>",
    "`",
    "``",
    "```",
    "~~~",
    "````text",
    "\n",
    "\n\n",
    "\n    ",
    "\n> ",
    "\n- ",
    "\n1. ",
    "\n| a | b |\n| - | - |\n| ",
    " | ",
    "*",
    "_",
    "\\",
    "[",
    "](",
    ")",
    "\n[x]: ",
    "\n[^1]: ",
    "\u200b",
    "\u202e",
    "é",
    "😀",
    " ",
    "a",
]
hostile = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=5)), max_size=25).map("".join)


@given(hostile)
@example("<!-- x --> ```\nfoo\n```\n@ada")
@example("</details>\n```\n#12\n```\n@ada\n```")
def test_nothing_in_an_echoed_document_is_live(text: str) -> None:
    assert live(document(text)) == []


@given(hostile)
def test_nothing_in_an_echoed_line_is_live(text: str) -> None:
    for shown in (f"before {inline(text)} after", f"- {inline(text)}", f"**{inline(text)}**", inline(text)):
        assert live(shown) == []
        assert "\n" not in shown


@given(hostile)
def test_nothing_in_echoed_code_is_live(text: str) -> None:
    assert live(fenced(text)) == []
    assert live(f"a {code(text)} b") == []


@given(hostile)
@example("```<details>")
@example("\\<details>")
@example("[x](<details>)")
@example("<details><A")
@example("<details\nopen>\n")
def test_what_follows_an_echoed_document_is_not_swallowed(text: str) -> None:
    shown = page(f"<details>\n\n{document(text)}\n\n</details>\n\nafter *that*\n\n<!-- last -->")
    assert shown.open_details == 0
    assert shown.runs[-1].strip() == ""
    assert "that" in shown.runs
    assert shown.hidden == [" last "]


@given(hostile)
def test_what_follows_echoed_output_is_not_swallowed(text: str) -> None:
    assert "that" in page(f"{fenced(text)}\n\nafter *that*").runs


@given(hostile)
def test_an_echoed_document_hides_nothing(text: str) -> None:
    assert page(document(text)).hidden == []
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", document(text))


@given(hostile)
def test_quieting_twice_is_quieting_once(text: str) -> None:
    once = quiet(clean(text))
    assert quiet(once) == once


@given(hostile)
def test_a_cell_stays_one_cell(text: str) -> None:
    row = page(f"| a | b |\n| - | - |\n| {cell(text)} | *end* |")
    assert "end" in row.runs


@pytest.mark.parametrize(
    "readable",
    [
        "# Heading\n\nText with **bold**, `code` and [a link](https://example.org/a?b=c#d).",
        "- [ ] T001 Create `src/app.py`\n- [x] T002 [P] Install\n  1. first\n  2. second",
        "| a | b |\n| --- | --- |\n| 1 | 2 |",
        "```sh\nnpm install @scope/package # 12\n```",
        "Write to ada@example.org, run `npx @scope/tool #1`, see 1 < 2 && 3 > 2.",
        "<details>\n<summary>More</summary>\n\nHidden at first.\n\n</details>",
        "> quoted\n\n---\n\n![picture](docs/a.png)",
        "Naïve café, 日本語, 👩‍👩‍👧, می‌خواهم",
    ],
)
def test_ordinary_markdown_stays_as_it_is(readable: str) -> None:
    assert document(readable) == readable


def test_hidden_comments_are_left_out() -> None:
    assert document("before\n\n<!-- a template's advice -->\n\nafter") == "before\n\n\n\nafter"


def test_a_link_to_an_issue_still_leads_there() -> None:
    assert document("https://github.com/acme/site/issues/12") == "https://github.com/acme/site/issues/%312"


def test_a_mention_reads_as_before() -> None:
    assert document("cc @ada, see #12") == f"cc @{PAUSE}ada, see #{PAUSE}12"


def test_a_command_for_a_bot_is_no_command_any_more() -> None:
    assert not re.search(r"^\s*/\w", document("/phase retry\n  /close\n\n/lgtm"), re.MULTILINE)


def test_the_colours_of_a_terminal_are_left_out() -> None:
    assert fenced("\x1b[1;31mred\x1b[0m\r\nplain") == "```text\nred\nplain\n```"


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    assert fenced("a ```` b").startswith("`````text\n")


def test_marks_in_a_line_are_shown_as_written() -> None:
    assert "".join(page(inline("*a* _b_ [c](d) <e> `f|g` snake_case &amp; 1")).runs).strip() == (
        "*a* _b_ [c](d) <e>  snake_case &amp; 1"
    )


@given(st.text(st.sampled_from("ab @#12`\n😀<>"), max_size=400), st.integers(120, 300))
def test_a_document_stays_within_its_limit(text: str, limit: int) -> None:
    assert length(document(text, limit, "*cut*")) <= limit


def test_what_is_cut_says_so_and_closes_what_it_opened() -> None:
    text = "<details>\n\n```py\n" + "x = 1\n" * 100
    shown = document(text, 300, "*The rest is in the plan.*")
    assert shown.endswith("x = 1\n```\n\n</details>\n\n*The rest is in the plan.*")


def test_our_own_markdown_is_cut_without_being_quieted() -> None:
    text = "See #12, @ada.\n\n```text\n" + "line\n" * 200
    shown = cut(text, 400, "*cut*")
    assert length(shown) <= 400
    assert shown.startswith("See #12, @ada.")
    assert shown.endswith("line\n```\n\n*cut*")


def test_a_title_is_one_line_and_not_too_long() -> None:
    assert title("Ask\n @ada  about #1") == f"Ask @{PAUSE}ada about #{PAUSE}1"
    assert length(title("word " * 100)) <= 250
    assert shortened("many small words", 12) == "many small…"


def test_a_document_made_to_be_slow_is_not() -> None:
    for piece in ("<!--", "[", "`a``b", "@a", "<details>", "&#64;", "> " * 50 + "\n", "//"):
        assert live(document(piece * (60_000 // len(piece)))) == []
