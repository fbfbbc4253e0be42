"""What a document says about the order of its phases, and what follows where it says nothing."""

from __future__ import annotations

import pytest

from services.planning.parser import parse
from tests.planning.plans import needs, phased

SECTION = "## Dependencies\n\n"


def test_what_says_nothing_follows_document_order() -> None:
    plan = phased("A", "B", "C")

    assert needs(plan, source="order") == {"B": ["A"], "C": ["B"]}
    assert [one.line for one in plan.phases[1].depends_on] == [plan.phases[1].line]


@pytest.mark.parametrize(
    "statement",
    [
        "- **Phase 3**: Depends on Phase 1",
        "- Phase 3 depends on Phase 1 (needs its tables)",
        "- Phase 3 is blocked by Phase 1.",
        "- **Shop (Phase 3)**: Can start after Base (Phase 1) - independent of everything else",
        "- **Shop**: requires Phase 1",
        "- Phase 1 blocks Phase 3",
        "- Phase 1 must be completed before Phase 3",
        "- Phase 1 is a prerequisite for Phase 3",
        "- Phase 1 → Phase 3",
        "- Phase 3 : dépend de Phase 1",
        "- **Phase 3**: Зависит от завершения Base",
        "- **Phase 3**: 相依於 Base 完成",
        "- **Phase 3**: Phase 1 完成後可開始",
        "- **Phase 3**: hängt ab von Phase 1",
    ],
)
def test_a_sentence_about_two_phases_states_a_dependency(statement: str) -> None:
    plan = phased("Base", "Store", "Shop", after=SECTION + statement)

    assert needs(plan) == {"Shop": ["Base"]}
    assert needs(plan, source="order") == {"Store": ["Base"]}


@pytest.mark.parametrize(
    "statement",
    [
        "- **Phase 3**: No dependency on Phase 1",
        "- **Phase 3**: May integrate with Phase 1",
        "- **Phase 3**: shares code with Phase 1 but is independent of it",
        "- All tasks of Phase 3 marked [P] can run in parallel after T001",
        "- **Phase 3**: or sequentially (Phase 1 → Phase 2 → Phase 3)",
    ],
)
def test_a_hedged_or_negative_sentence_states_nothing(statement: str) -> None:
    assert needs(phased("Base", "Store", "Shop", after=SECTION + statement)) == {}


def test_a_phase_without_dependencies_waits_for_nothing() -> None:
    plan = phased("A", "B", "C", after=SECTION + "- **Phase 2**: No dependencies - can start immediately")

    assert [phase.depends_on for phase in plan.phases[:2]] == [(), ()]
    assert needs(plan, source="order") == {"C": ["B"]}


def test_ranges_lists_and_groups_are_filled_in() -> None:
    after = (
        SECTION + "- **Phases 2-4**: All depend on Phase 1\n- **Phase 5**: Depends on Phases 2, 3 and 4\n"
        "- **Phase 6**: Depends on all previous phases"
    )

    assert needs(phased("A", "B", "C", "D", "E", "F", after=after)) == {
        "B": ["A"],
        "C": ["A"],
        "D": ["A"],
        "E": ["B", "C", "D"],
        "F": ["A", "B", "C", "D", "E"],
    }


def test_stories_are_translated_to_the_phases_that_hold_them() -> None:
    after = SECTION + "- **Polish**: Depends on US2, US3 being complete\n- **US3**: Depends on US2"
    plan = phased("Base", "User Story 2 - Save", "User Story 3 - Share", "Polish", after=after)

    assert needs(plan) == {
        "User Story 3 - Share": ["User Story 2 - Save"],
        "Polish": ["User Story 2 - Save", "User Story 3 - Share"],
    }


def test_labelled_lines_inside_a_phase_are_about_that_phase() -> None:
    text = (
        "# P\n\n## Phase 1: A\n\n- x\n\n## Phase 2: B\n\n**Goal**: b\n"
        "**Depends on**: Phase 1 (merged)\n\n## Phase 3: C\n\nDepends-On: Phase 1\n"
    )
    plan = parse(text)

    assert needs(plan) == {"B": ["A"], "C": ["A"]}
    assert [one.line for one in plan.phases[1].depends_on] == [10]


def test_a_dependencies_heading_inside_a_phase_is_about_that_phase() -> None:
    text = (
        "# P\n\n## WP01: A\n\n- x\n\n## WP02: B\n\n- x\n\n## WP03: C\n\n### Dependencies\n\n"
        "- Depends on WP01–WP02 (both)\n"
    )

    assert needs(parse(text)) == {"C": ["A", "B"]}


def test_a_column_of_a_table_states_dependencies() -> None:
    table = "| Story | Depends On | Notes |\n|---|---|---|\n| Phase 2 | - | |\n| Phase 3 | Phase 1 | fast |\n"

    assert needs(phased("A", "B", "C", after=SECTION + table)) == {"C": ["A"]}


def test_a_row_that_is_a_phase_says_what_it_needs() -> None:
    table = "| Phase | Title | Depends on |\n|---|---|---|\n| 1 | Schema | - |\n| 2 | API | 1 |\n| 3 | UI | 1, 2 |\n"

    assert needs(parse(f"# Roadmap\n\n{table}")) == {"API": ["Schema"], "UI": ["Schema", "API"]}


def test_a_title_of_few_letters_is_a_name_where_it_stands_alone() -> None:
    after = SECTION + "- UI depends on API and Schema\n- API depends on the Stripe DB API keys\n"

    assert needs(phased("Schema", "API", "UI", after=after)) == {"UI": ["Schema", "API"]}


def test_what_blocks_everything_counts_where_nothing_else_is_said() -> None:
    after = SECTION + "- **Phase 1** blocks everything.\n- Phase 3 depends on Phase 2\n"

    assert needs(phased("A", "B", "C", after=after)) == {"B": ["A"], "C": ["B"]}


def test_an_id_field_gives_a_task_its_name() -> None:
    text = (
        "# P\n\n## Phase 1: A\n\n### Task 1.1: a\n**ID**: T-001\n- [ ] x\n\n"
        "## Phase 2: B\n\n### Task 2.1: b\n**ID**: T-002\n**Dependencies**: T-001\n- [ ] x\n"
    )

    assert needs(parse(text)) == {"B": ["A"]}


def test_each_on_the_one_before_is_a_statement_about_all() -> None:
    plan = phased("A", "B", "C", before="Each phase builds upon the previous one.")

    assert needs(plan) == {"B": ["A"], "C": ["B"]}
    assert needs(plan, source="order") == {}


def test_dependencies_of_tasks_count_for_their_phases_where_phases_state_none() -> None:
    text = (
        "# P\n\n## Phase 1: A\n\n### T-001: a\n- [ ] x\n\n**Dependencies**: None\n\n### T-002: b\n- [ ] x\n\n"
        "## Phase 2: B\n\n### T-003: c\n- [ ] x\n\n## Phase 3: C\n\n### T-004: d\n- [ ] x\n\n**Dependencies**: T-001, T-002\n"
    )

    assert needs(parse(text)) == {"C": ["A"]}


def test_mermaid_nodes_are_known_by_their_labels() -> None:
    graph = (
        "```mermaid\ngraph TD\n  X[Phase 1: A] --> Y[Phase 2: B]\n  X --> Z[Phase 3: C]\n"
        "  Y --> Q[Phase 4: D]\n  Z --> Q\n```\n"
    )

    assert needs(phased("A", "B", "C", "D", after=SECTION + graph)) == {"B": ["A"], "C": ["A"], "D": ["B", "C"]}


def test_a_drawing_from_top_to_bottom_is_read() -> None:
    drawing = (
        "```\nPhase 1 ──► Phase 2\n               │\n         ┌─────┴─────┐\n"
        "         ▼           ▼\n      Phase 3     Phase 4\n         └─────┬─────┘\n"
        "               ▼\n            Phase 5\n```\n"
    )

    assert needs(phased("A", "B", "C", "D", "E", after=SECTION + drawing)) == {
        "B": ["A"],
        "C": ["B"],
        "D": ["B"],
        "E": ["C", "D"],
    }


def test_phases_side_by_side_do_not_wait_for_one_another() -> None:
    plan = phased("A", "B", "C", "D", after=SECTION + "- Phases 2 and 3 can run in parallel")

    assert [phase.parallel for phase in plan.phases] == [False, True, True, False]
    assert needs(plan, source="order") == {"B": ["A"], "C": ["A"], "D": ["B", "C"]}


@pytest.mark.parametrize("label", ["Blocks", "Unblocks", "Enables", "Required by", "Required for"])
def test_a_label_may_name_those_that_wait(label: str) -> None:
    text = f"# P\n\n## Phase 1: A\n\n- [ ] a\n\n## Phase 2: B\n\n**{label}:** Phases 3 and 4\n\n## Phase 3: C\n\n## Phase 4: D"

    assert needs(parse(text)) == {"C": ["B"], "D": ["B"]}


FORK = """
Phase 1 ─┬─> Phase 2 ─┐
         └─> Phase 3 ─┴─> Phase 4
"""
JOIN = """
Phase 1 (A) ──┐
              ├──► Phase 4
Phase 2 (B) ──┤
Phase 3 (C) ──┘
"""
TREE = """
Phase 1: A
  ├──> Phase 2
  └──> Phase 3
        └──> Phase 4
"""


@pytest.mark.parametrize(
    ("drawing", "edges"),
    [
        (FORK, {"B": ["A"], "C": ["A"], "D": ["B", "C"]}),
        (JOIN, {"D": ["A", "B", "C"]}),
        (TREE, {"B": ["A"], "C": ["A"], "D": ["C"]}),
        ("Some notes ──┐\n             └──> Phase 2\n", {}),
        ("Phase 1 ──┐\n\n          └──> Phase 2\n", {}),
    ],
)
def test_lines_drawn_from_phase_to_phase_are_followed(drawing: str, edges: dict[str, list[str]]) -> None:
    assert needs(phased("A", "B", "C", "D", after=f"{SECTION}```\n{drawing.strip(chr(10))}\n```\n")) == edges


def test_a_recommended_order_is_no_dependency() -> None:
    assert needs(phased("A", "B", "C", after="## Recommended order\n\nPhase 3 → Phase 1 → Phase 2\n")) == {}


@pytest.mark.parametrize(
    "line",
    [
        "Phase 1 → Phase 2 → Phase 3",
        "Phase 1 -> Phase 2 (Store) -> Phase 3.",
        "- Order of work: Phase 1 → Phase 2 → Phase 3; all else is open",
        "The stages run as follows: **Base → Store → Shop**.",
        "**Sequence:** 1 → 2 → 3",
    ],
)
def test_a_line_that_is_nothing_but_a_drawing_counts_anywhere(line: str) -> None:
    assert needs(phased("Base", "Store", "Shop", before=line)) == {"Store": ["Base"], "Shop": ["Store"]}


@pytest.mark.parametrize(
    "line",
    [
        "The visitor goes Base → Store → Shop in the new flow.",
        "Data flow: Base → Store → Shop",
        "Critical path: Phase 1 → Phase 3",
        "Phase 1 → a report → Phase 3",
        "Base → Store → Shop",
        "Renumbered: Phase 3 → Phase 2",
        "Phase 3 needs P1 bugs to be fixed.",
        "## Timeline\n\nPhase 3 → Phase 1",
    ],
)
def test_other_arrows_state_nothing(line: str) -> None:
    assert needs(phased("Base", "Store", "Shop", before=line)) == {}


def test_a_letter_stands_for_phase_where_it_means_no_priority() -> None:
    after = f"{SECTION}- P3 depends on P1"

    assert needs(phased("Base", "Store", "Shop", after=after)) == {"Shop": ["Base"]}
    assert needs(phased("Base (P1)", "Store (P2)", "Shop (P1)", after=after)) == {}


def test_a_code_that_no_unit_bears_names_none() -> None:
    plan = parse(
        "## M1: Base\n- [ ] a\n\n## M2: Files\nNeeds M1, which S3 holds.\n- [ ] b\n\n## M3: Shop\nRequires H2.\n"
    )

    assert needs(plan) == {"Files": ["Base"]}


def test_a_heading_that_says_order_opens_a_section_about_it() -> None:
    assert needs(phased("Base", "Shop", after="## Build order\n\n- Shop needs Phase 1\n")) == {"Shop": ["Base"]}


def test_document_order_never_closes_a_circle() -> None:
    plan = phased("A", "B", "C", after=SECTION + "- Phase 1 depends on Phase 2")

    assert needs(plan) == {"A": ["B"]}
    assert needs(plan, source="order") == {"C": ["B"]}
    assert "cycle" not in [finding.code for finding in plan.findings]


def test_a_word_of_another_kind_names_no_phase() -> None:
    text = "# Plan\n\n## Sprint 1: A\n- [ ] a\n\n## Sprint 2: B\n- [ ] b\n\n**Dependencies**: Phase 1 of the old plan\n"

    assert needs(parse(text)) == {}
