"""The documentation that follows from the code says what the code says."""

from __future__ import annotations

import pytest

from scripts.generate_docs import DOCS, PAGES, transitions
from services.domain.transitions import TRANSITIONS


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    path = DOCS / name
    assert path.read_text(encoding="utf-8") == PAGES[name](), "run: make docs"


def test_the_diagram_draws_every_transition_once() -> None:
    diagram = transitions().split("```mermaid")[1]
    drawn = [
        (start, trigger, to)
        for line in diagram.splitlines()
        if "-->" in line and "[*]" not in line
        for start, arrow in [line.split(" --> ")]
        for to, triggers in [arrow.split(": ")]
        for trigger in triggers.split(", ")
    ]
    expected = {(state.value, trigger.replace("_", " "), to.value) for (state, trigger), to in TRANSITIONS.items()}

    assert {(start.strip(), trigger, to) for start, trigger, to in drawn} == expected
    assert len(drawn) == len(expected)
