"""Patterns told apart by first letters find what a plain alternation finds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planning.patterns import Phrases, any_of

ALTERNATIVES = (
    r"steps?",
    r"step one",
    r"étapes?",
    r"(?:sub-?)?phases?",
    r"s?print|phasen",
    r"(?:the |an? )?(?:work|works on|thesis)\b",
    r"x?y",
    r"[|)]x",
    r"\d{1,2}(?:st|nd)",
    "段階",
)


@given(st.text("stepéÉaphSPubrin12-d段階|)xy onework ", max_size=14))
def test_the_same_is_found_as_by_a_plain_alternation(text: str) -> None:
    plain = re.compile(f"(?:{'|'.join(ALTERNATIVES)})", re.IGNORECASE)

    found, expected = re.compile(any_of(ALTERNATIVES)).search(text), plain.search(text)

    assert (found and found.span()) == (expected and expected.span())


@pytest.mark.parametrize("text", ["Steps", "ÉTAPE", "subphases", "|x", "1st", "段階"])
def test_case_is_ignored(text: str) -> None:
    assert re.fullmatch(any_of(ALTERNATIVES), text)


def test_phrases_are_looked_for_only_beside_their_cues() -> None:
    phrases = Phrases(r"\bdepends on\b", "abhängig von", cues="depend abhängig")

    assert phrases.search("It DEPENDS ON that")
    assert phrases.search("ist Abhängig von A")
    assert phrases.search("independs on") is None
    assert phrases.cue_in("nothing of the kind") == ""
