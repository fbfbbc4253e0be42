"""The other ways people write plans, and the documents that are none."""

from __future__ import annotations

import pytest

from services.planning.parser import parse
from tests.planning.plans import KIRO, needs, shape


def test_kiro_takes_the_top_level_as_phases_and_what_is_below_as_tasks() -> None:
    plan = parse(KIRO, name="specs/login/tasks.md")

    assert (plan.dialect, plan.title) == ("kiro", "login")
    assert shape(plan) == [
        ("1", "Set up the schema", 0),
        ("2", "Build the service", 3),
        ("3", "Checkpoint - everything works", 0),
    ]
    assert [task.id for task in plan.phases[1].tasks] == ["2.1", "2.2", "2.3"]
    assert [phase.done for phase in plan.phases] == [True, False, False]


def test_sections_that_hold_tasks_are_phases_without_any_word_for_it() -> None:
    text = (
        "# Tasks — admin\n\n## Backend\n- [ ] T01 a\n- [ ] T02 b\n\n## Frontend\n- [x] T03 c\n\n"
        "## Notes\n- [ ] ignored\n"
    )

    plan = parse(text)

    assert plan.dialect == "task-sections"
    assert shape(plan) == [(None, "Backend", 2), (None, "Frontend", 1)]


def test_numbered_sections_of_a_roadmap_are_phases() -> None:
    text = (
        "Roadmap\n=======\n\n# 1. Features\n\n## 1.1 Runtime\n\ntext\n\n## 1.2 Builder\n\ntext\n\n"
        "## 1.3 Tests\n\ntext\n"
    )

    assert shape(parse(text)) == [("1.1", "Runtime", 0), ("1.2", "Builder", 0), ("1.3", "Tests", 0)]


def test_sections_numbered_through_stay_apart_where_their_phase_letters_repeat() -> None:
    text = "".join(f"## {n}. Phase {p} — part {n}\n- [ ] {n}.1 work\n\n" for n, p in enumerate("ABBC", start=1))

    assert [phase.number for phase in parse(text).phases] == ["1", "2", "3", "4"]


def test_milestones_in_a_plain_list_are_phases() -> None:
    text = (
        "- First milestone: core\n     store, which includes\n    - a\n\n"
        "- Second milestone: speed\n\n- Third milestone (if time): docs\n"
    )

    assert [(one.number, one.title) for one in parse(text).phases] == [
        ("First", "core store"),
        ("Second", "speed"),
        ("Third", "(if time) docs"),
    ]


def test_phases_in_bold_lines_hold_the_tasks_below_them() -> None:
    text = "# Plan\n\n**Phase 1: Build**\n\n- [ ] a\n- [ ] b\n\n**Phase 2: Ship**\n\n- [ ] c\n"

    assert shape(parse(text)) == [("1", "Build", 2), ("2", "Ship", 1)]


def test_a_roadmap_table_gives_a_phase_a_row() -> None:
    text = "# Roadmap\n\n| Phase | Focus | Weeks |\n|---|---|---|\n| 1 | Core engine | 2 |\n| 2 | Console | 3 |\n"

    assert shape(parse(text)) == [("1", "Core engine", 0), ("2", "Console", 0)]


def test_a_table_that_says_what_each_row_needs_is_a_plan() -> None:
    plan = parse(
        "# Work\n\nWho does what.\n\n| ID | Part | Depends on |\n|---|---|---|\n| WP1 | Talk | |\n| WP2 | Build | WP1 |\n"
    )

    assert needs(plan) == {"Build": ["Talk"]}


def test_codes_in_a_table_are_read_by_the_word_over_them() -> None:
    plan = parse(
        "# Plan de trabajo\n\n| Hito | Tarea | Depende de |\n|---|---|---|\n| H1 | Toma | — |\n| H2 | Informe | H1 |\n"
    )

    assert [(phase.number, phase.title) for phase in plan.phases] == [("H1", "Toma"), ("H2", "Informe")]
    assert needs(plan) == {"Informe": ["Toma"]}


def test_a_table_of_dates_is_no_plan() -> None:
    assert not parse("Month | Due\n---|---\nM1 | 2014-10-01\nM2 | 2014-11-01\n").has_phases


def test_a_status_report_gives_the_finished_phase_and_those_it_announces() -> None:
    text = (
        "# Upload - Phase 2 Complete ✅\n\n## Summary\n\nIt works.\n\n## Next Steps\n\n"
        "- **Phase 3:** Queue display\n- **Phase 4:** Testing\n"
    )

    plan = parse(text)

    assert plan.dialect == "status-report"
    assert [(one.number, one.title, one.done) for one in plan.phases] == [
        ("2", "Upload", True),
        ("3", "Queue display", False),
        ("4", "Testing", False),
    ]


def test_a_phasebot_block_gives_the_exact_graph() -> None:
    text = (
        "# Shop\n\n```phasebot\nphases:\n  - {id: schema, title: Schema}\n  - {id: api, title: API, depends_on: [schema]}\n"
        "  - {id: ui, title: UI, depends_on: schema}\n  - {id: ship, title: Ship, depends_on: [api, ui, moon]}\n```\n\n"
        "## Schema\n\n- [ ] tables\n\n## API\n\n- [ ] routes\n"
    )

    plan = parse(text)

    assert (plan.dialect, plan.confidence) == ("graph", 1.0)
    assert shape(plan) == [(None, "Schema", 1), (None, "API", 1), (None, "UI", 0), (None, "Ship", 0)]
    assert needs(plan) == {"API": ["Schema"], "UI": ["Schema"], "Ship": ["API", "UI"]}
    assert "unknown_reference" in [finding.code for finding in plan.findings]


def test_front_matter_gives_the_exact_graph_too() -> None:
    text = (
        "---\ntitle: Shop\nphases:\n  - title: One\n  - title: Two\n    depends_on: [One]\n---\n\n## Two\n\n- [ ] b\n"
    )

    plan = parse(text)

    assert (plan.title, shape(plan), needs(plan)) == ("Shop", [(None, "One", 0), (None, "Two", 1)], {"Two": ["One"]})


def test_a_phasebot_block_that_cannot_be_read_is_an_error() -> None:
    plan = parse("# P\n\n```phasebot\nphases: [{\n```\n\n## Phase 1: A\n\n- [ ] a\n")

    assert [(finding.code, finding.line) for finding in plan.findings] == [("unreadable_graph", 3)]


def test_the_highest_level_that_is_used_for_work_wins() -> None:
    text = (
        "# Plan\n\n## Phase 1: A\n\n### Step 1: x\n\n- [ ] a\n\n### Step 2: y\n\n- [ ] b\n\n"
        "## Phase 2: B\n\n### Step 1: z\n\n- [ ] c\n"
    )

    assert shape(parse(text)) == [("1", "A", 2), ("2", "B", 1)]


def test_work_packages_are_phases_wherever_they_stand() -> None:
    text = (
        "# Tasks\n\n## Phase 1 — Base\n\n### WP01 — Lanes\n- [ ] T1 a\n\n### WP02 — Shape\n"
        "- [ ] T2 b\n\n## Phase 2 — More\n\n### WP03 — Check\n- [ ] T3 c\n"
    )

    assert [phase.number for phase in parse(text).phases] == ["WP01", "WP02", "WP03"]


def test_a_phase_named_twice_is_one_phase() -> None:
    text = (
        "# Plan\n\n- [ ] **Phase 1: Sync** — first\n\n## Status\n\n### ⏳ Phase 1: Sync (next)\n\n"
        "### ✅ Phase 1: Sync (done)\n\n- all of it\n"
    )

    assert [(one.title, one.line) for one in parse(text).phases] == [("Sync", 9)]


def test_unnumbered_groundwork_beside_the_phases_is_work_too() -> None:
    text = (
        "# Plan\n\n## Preconditions — DONE\n- [x] a\n\n## M0 — Base\n- [ ] b\n\n## M1 — Core\n"
        "- [ ] c\n\n## Housekeeping\n- [ ] d\n\n## Success criteria\n- [ ] e\n"
    )

    assert shape(parse(text)) == [
        (None, "Preconditions", 1),
        ("M0", "Base", 1),
        ("M1", "Core", 1),
        (None, "Housekeeping", 1),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just a sentence",
        "# Readme\n\n## Installation\n\n```\n## Phase 1: fenced\n## Phase 2: fenced\n```\n\n## Usage\n\n1. run it\n",
        "# Guide\n\n## 1. Unit tests\n\ntext\n\n## 2. Integration tests\n\ntext\n\n## 3. E2E tests\n\ntext\n",
        "# Terms\n\n<!--\n## Phase 1: hidden\n## Phase 2: hidden\n-->\n\n> ## Phase 1: quoted\n> ## Phase 2: quoted\n",
        "# Check\n\n### Phase 0 check ✅ PASSED\n\n- fine\n\n### Phase 1 check ✅ PASSED\n\n- fine\n",
        "# Change\n\n## Type of change\n- [ ] bug\n- [ ] feature\n\n## Checklist\n- [ ] tests\n",
    ],
)
def test_a_document_that_is_no_plan_has_no_phases(text: str) -> None:
    plan = parse(text)

    assert (plan.has_phases, plan.phases) == (False, ())
    assert [finding.code for finding in plan.findings] == ["no_phases"]


@pytest.mark.parametrize(
    "text",
    [
        "# minilang\n\n## Phase 1: Lexing\n\nSigns.\n\n## Phase 2: Parsing\n\nA tree.\n\n## Installation\n\nmake\n",
        "# RFC 42: Safe writes\n\n### Phase 1: Prepare\n\nAsk all.\n\n### Phase 2: Commit\n\nTell all.\n",
        "# Runbook: failover\n\n## Phase 1: Detect\n\nLook.\n\n## Phase 2: Switch\n\nRun it.\n",
        "# History of the project\n\n## Phase 1 (2019)\n\nA garage.\n\n## Phase 2 (2021)\n\nAn office.\n",
    ],
)
def test_the_phases_of_what_is_explained_or_over_are_no_plan(text: str) -> None:
    plan = parse(text)

    assert not plan.has_phases
    assert [finding.code for finding in plan.findings] == ["explanation"]


def test_a_need_in_a_graph_has_the_line_of_its_phase() -> None:
    plan = parse("# G\n\n```phasebot\nphases:\n  - id: a\n    title: A\n  - {title: B, depends_on: [a, moon]}\n```\n")

    assert [(one.key, one.line) for one in plan.phases[1].depends_on] == [("a", 7)]
    assert [(one.code, one.line) for one in plan.findings] == [("unknown_reference", 7)]


@pytest.mark.parametrize(
    "front",
    [
        "<<: {phases: [{title: A}, {title: B}]}",
        "x: &p\n  - title: A\n  - title: B\nphases: *p",
        "phases: [{title: A, <<: {id: b}}, {title: B}]",
    ],
)
def test_aliases_and_merges_make_a_graph_too(front: str) -> None:
    assert [phase.title for phase in parse(f"---\n{front}\n---\n").phases] == ["A", "B"]


def test_phases_that_only_a_block_lists_have_the_lines_of_their_entries() -> None:
    plan = parse(
        "# G\n\nwhy\n\n```phasebot\nphases:\n  - id: a\n    title: A\n  - {title: B, depends_on: [moon]}\n```\n\nmore\n"
    )

    assert [(phase.title, phase.line, phase.end_line, phase.content) for phase in plan.phases] == [
        ("A", 7, 7, ""),
        ("B", 9, 9, ""),
    ]
    assert plan.overview == "why"
    assert [(one.code, one.line, one.column) for one in plan.findings] == [("unknown_reference", 9, 29)]
