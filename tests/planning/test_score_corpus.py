"""The script that scores the parser: what counts as right, as missing, and as not so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.score_corpus import main, score
from services.planning.parser import parse

PLAN = "# P\n\n## Phase 1: Set up\n- [ ] a\n\n## Phase 2: Build\n- [ ] a\n- [ ] b\n\n## Phase 3: Ship\n\nDepends on Phase 1.\n"


def unit(
    number: str, title: str, tasks: int, needs: tuple[str, ...] = (), soft: tuple[str, ...] = ()
) -> dict[str, object]:
    return {"number": number, "title": title, "tasks": tasks, "depends_on": [*needs], "soft_depends_on": [*soft]}


def label(*phases: dict[str, object]) -> Mapping[str, object]:
    return {"file": "p.md", "unit": "phase", "has_phases": bool(phases), "phases": list(phases)}


def test_a_plan_read_as_its_label_says_has_no_misses() -> None:
    tally = score(
        label(unit("1", "**Set-up**", 1), unit("2", "build (DONE)", 2), unit("3", "Ship", 0, ("1",))), parse(PLAN)
    )

    assert tally.misses == []
    assert str(tally) == "has_phases 1.0000  phases 1.0000  tasks 1.0000  dependencies 1.0000"


def test_every_difference_is_told() -> None:
    wanted = label(unit("1", "Set up", 1), unit("2", "Build", 3, ("Set up",)), unit("4", "Ship", 0))

    assert score(wanted, parse(PLAN)).misses == [
        "phases: not so: 3 Ship",
        "phases: missing: 4 Ship",
        "tasks: not so: 2 Build: 2 for 3",
        "dependencies: missing: 2 Build needs 1 Set up",
    ]


def test_a_hedged_dependency_counts_neither_way() -> None:
    tally = score(label(unit("1", "Set up", 1), unit("2", "Build", 2), unit("3", "Ship", 0, soft=("1",))), parse(PLAN))

    assert (tally.misses, tally.f1("dependencies")) == ([], 1.0)


def test_phases_in_a_document_that_has_none_are_all_wrong() -> None:
    tally = score(label(), parse(PLAN))

    assert (tally.f1("has_phases"), tally.f1("phases"), len(tally.misses)) == (0.0, 0.0, 4)


def test_the_figures_are_printed_and_a_low_one_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.md").write_text(PLAN, encoding="utf-8")
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps(label(unit("1", "Set up", 1), unit("2", "Build", 2))) + "\n", encoding="utf-8")

    assert main([str(labels), str(tmp_path)]) == 0
    assert main([str(labels), str(tmp_path), "--least", "0.98"]) == 1
    assert capsys.readouterr().out.split("\n")[:2] == [
        "p.md: phases: not so: 3 Ship",
        "phase                         has_phases 1.0000  phases 0.8000  tasks 1.0000  dependencies 1.0000",
    ]
