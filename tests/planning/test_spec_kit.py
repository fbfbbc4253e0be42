"""spec-kit `tasks.md`: phases, stories, and the order they state."""

from __future__ import annotations

from services.planning.parser import parse
from tests.planning.plans import SPEC_KIT, needs, shape


def test_phases_are_read_and_the_sections_around_them_are_not() -> None:
    plan = parse(SPEC_KIT)

    assert (plan.dialect, plan.title, plan.has_phases) == ("spec-kit", "Bookmark sync", True)
    assert shape(plan) == [
        ("1", "Setup (Shared Infrastructure)", 2),
        ("2", "Foundational (Blocking Prerequisites)", 1),
        ("3", "User Story 1 - Save a bookmark (Priority: P1)", 2),
        ("4", "User Story 2 - Share a list (Priority: P2)", 1),
        ("5", "Polish & Cross-Cutting Concerns", 1),
    ]


def test_tasks_carry_id_marks_story_paths_and_line() -> None:
    save = parse(SPEC_KIT).phases[2]

    first, second = save.tasks
    assert (first.id, first.parallel, first.story, first.paths) == ("T004", True, "US1", ("tests/test_save.py",))
    assert (second.id, second.parallel, second.text) == ("T005", False, "Save in src/sync/save.py")
    assert SPEC_KIT.split("\n")[second.line - 1].startswith("- [ ] T005")


def test_the_goal_is_what_the_phase_says_of_itself() -> None:
    plan = parse(SPEC_KIT)

    assert [phase.goal for phase in plan.phases[:3]] == [
        "A place to work in",
        "What every story stands on",
        "A person saves a page",
    ]


def test_a_phase_is_done_when_all_its_tasks_are() -> None:
    assert [phase.done for phase in parse(SPEC_KIT).phases] == [True, False, False, False, False]


def test_the_stated_order_is_read_with_its_lines() -> None:
    plan = parse(SPEC_KIT)

    assert needs(plan) == {
        "Foundational (Blocking Prerequisites)": ["Setup (Shared Infrastructure)"],
        "User Story 1 - Save a bookmark (Priority: P1)": ["Foundational (Blocking Prerequisites)"],
        "User Story 2 - Share a list (Priority: P2)": ["Foundational (Blocking Prerequisites)"],
        "Polish & Cross-Cutting Concerns": [
            "User Story 1 - Save a bookmark (Priority: P1)",
            "User Story 2 - Share a list (Priority: P2)",
        ],
    }
    lines = SPEC_KIT.split("\n")
    assert all(
        "epend" in lines[one.line - 1] or "BLOCKS" in lines[one.line - 1]
        for phase in plan.phases
        for one in phase.depends_on
    )
    assert plan.findings == ()


def test_a_template_with_placeholders_is_no_plan() -> None:
    template = SPEC_KIT.replace("Bookmark sync", "[FEATURE NAME]").replace("Save a bookmark", "[Title]")

    plan = parse(template)

    assert (plan.has_phases, plan.phases, [finding.code for finding in plan.findings]) == (False, (), ["template"])
