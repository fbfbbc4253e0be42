"""The judge of the other tests sees what is live, or they would prove nothing."""

from __future__ import annotations

import pytest

from .rendering import live


@pytest.mark.parametrize(
    "text",
    [
        "cc @ada",
        "*@ada*",
        "\\@ada",
        "&#64;ada",
        "_@ada_",
        "<b>@ada</b>",
        "see #12",
        "acme/site\\#12",
        "GH-12",
        "[x](https://github.com/acme/site/issues\\/8)",
        "<!-- x --> ```\n@ada",
    ],
)
def test_what_github_acts_on_is_seen(text: str) -> None:
    assert live(text)


@pytest.mark.parametrize("text", ["`@ada #1`", "```\n@ada\n```", "    @ada", "ada@example.org", "# 1"])
def test_what_github_leaves_alone_is_left_alone(text: str) -> None:
    assert live(text) == []
