"""The guide to writing plans says what the parser does: its tables are tried row by row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.planning.parser import parse

GUIDE = (Path(__file__).parents[2] / "docs" / "plans.md").read_text(encoding="utf-8")
PLAN = """\
# Plan

## Phase 1: Setup

- [ ] a

## Phase 2: Store

- [ ] b

## Phase 3: Shop

{said}

- [ ] c
"""
SAID = re.findall(r"^\| `([^`]+)` \| ([\d, ]+|nothing) \|$", GUIDE, re.MULTILINE)


def test_the_guide_tells_how_to_say_what_comes_first() -> None:
    assert len(SAID) > 5


@pytest.mark.parametrize(("said", "waits_for"), SAID)
def test_a_phase_waits_for_what_the_guide_says(said: str, waits_for: str) -> None:
    *_, shop = parse(PLAN.format(said=said)).phases

    assert ", ".join(need.key[0] for need in shop.depends_on) == waits_for.replace("nothing", "")


def test_its_headings_are_read_as_it_says() -> None:
    row = next(line for line in GUIDE.split("\n") if line.startswith("| `## Phase 1: Setup`"))
    headings = re.findall(r"`(#+ [^`]+)`", row)

    plan = parse("# Plan\n\n" + "\n\n- [ ] a\n\n".join(heading.lstrip("#").join(("##", "")) for heading in headings))

    assert [(one.number, one.title, one.done) for one in plan.phases] == [
        ("1", "Setup", False),
        ("II", "API", False),
        ("2.1", "Store", True),
    ]


def test_other_words_name_a_phase_as_well() -> None:
    row = next(line for line in GUIDE.split("\n") if line.startswith("| `## Sprint 3`"))

    for heading in re.findall(r"`(#+ [^`]+)`", row):
        following = heading.replace("3", "4").replace("2", "3").replace("1", "2").replace("一", "二")
        text = f"# Plan\n\n{heading}\n\n- [ ] a\n\n{following}\n\n- [ ] b\n"
        assert len(parse(text).phases) == 2, heading


def test_the_block_in_it_is_an_exact_graph() -> None:
    plan = parse(f"# P\n\n{GUIDE[GUIDE.index('```phasebot') : GUIDE.index('## Tasks')]}")

    assert [(one.title, [need.key for need in one.depends_on]) for one in plan.phases] == [
        ("Schema", []),
        ("API", ["schema"]),
    ]
