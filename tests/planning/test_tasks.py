"""Which lines of a phase are tasks, and what they carry."""

from __future__ import annotations

import pytest

from services.planning.draft import TaskDraft
from services.planning.parser import parse


def tasks(body: str) -> list[TaskDraft]:
    return [task for phase in parse(f"# P\n\n## Phase 1: A\n\n{body}\n").phases for task in phase.tasks]


@pytest.mark.parametrize(
    ("line", "identity", "text"),
    [
        ("- [ ] T001 Write it", "T001", "Write it"),
        ("- [ ] **T001** Write it", "T001", "Write it"),
        ("- [ ] **M1.7** Write it", "M1.7", "Write it"),
        ("- [ ] 2.1 Write it", "2.1", "Write it"),
        ("- [ ] T-001: Write it", "T-001", "Write it"),
        ("- [ ] T010b [P] [US2] Write it", "T010b", "Write it"),
        ("- [ ] Write it", None, "Write it"),
        ("1) [ ] Write it", None, "Write it"),
        ("* [X] Write it", None, "Write it"),
    ],
)
def test_an_id_is_taken_off_the_front_of_the_text(line: str, identity: str | None, text: str) -> None:
    assert [(task.id, task.text) for task in tasks(line)] == [(identity, text)]


def test_marks_say_parallel_and_story() -> None:
    (task,) = tasks("- [x] T001 [P] [US2] Write it")

    assert (task.done, task.parallel, task.story) == (True, True, "US2")


def test_nested_tasks_keep_their_depth() -> None:
    assert [(task.text, task.depth) for task in tasks("- [ ] a\n  - [ ] b\n    - [ ] c\n")] == [
        ("a", 0),
        ("b", 1),
        ("c", 2),
    ]


def test_the_steps_of_a_task_with_an_id_are_no_tasks_of_their_own() -> None:
    assert [task.id for task in tasks("- [ ] T001 a\n  - [ ] step\n  - [ ] step\n- [ ] T002 b\n")] == ["T001", "T002"]


def test_lines_that_call_themselves_task_own_what_is_below_them() -> None:
    body = "- [x] Task: Build\n    - [ ] Write tests\n    - [ ] Write code\n- [ ] Task: Ship\n"

    assert [(task.text, task.done) for task in tasks(body)] == [("Task: Build", True), ("Task: Ship", False)]


def test_headings_that_are_tasks_own_their_checkboxes() -> None:
    text = (
        "# P\n\n## Phase 1: A\n\n### T-001: First\n- [x] s\n- [x] s\n\n### T-002: Second\n- [x] s\n- [ ] s\n\n"
        "## Phase 2: B\n\n### T-003: Third\n- [ ] s\n"
    )

    assert [[(task.id, task.text, task.done) for task in phase.tasks] for phase in parse(text).phases] == [
        [("T-001", "First", True), ("T-002", "Second", False)],
        [("T-003", "Third", False)],
    ]


def test_where_each_phase_is_one_task_its_steps_are_the_tasks() -> None:
    text = "# P\n\n## Phase 1: A\n\n### Task 1: x\n- [ ] s\n- [ ] s\n\n## Phase 2: B\n\n### Task 2: y\n- [ ] s\n"

    assert [len(phase.tasks) for phase in parse(text).phases] == [2, 1]


def test_rows_with_an_id_are_tasks_where_nothing_has_a_checkbox() -> None:
    table = "| ID | What |\n|---|---|\n| T1.1 | Set up |\n| T1.2 | Log ✅ |\n"

    assert [(task.id, task.text) for task in tasks(table)] == [("T1.1", "Set up"), ("T1.2", "Log ✅")]


def test_a_phase_that_is_nothing_but_an_ordered_list_has_its_items_as_tasks() -> None:
    assert [task.text for task in tasks("1. Login\n2. Logout\n")] == ["Login", "Logout"]


def test_an_ordered_list_with_text_around_it_is_a_description() -> None:
    assert tasks("This is what it does:\n\n1. Login\n2. Logout\n") == []


def test_items_that_all_have_an_id_are_tasks_without_a_checkbox() -> None:
    assert [task.id for task in tasks("**Goal:** x\n\n- 0.1 Stabilize\n- 0.2 Thin out\n")] == ["0.1", "0.2"]


def test_notes_that_repeat_ids_are_no_tasks() -> None:
    assert [task.id for task in tasks("- [x] T001 a\n\n**Notes**:\n\n- T001: decided otherwise\n")] == ["T001"]


def test_paths_are_those_the_text_names() -> None:
    (task,) = tasks(
        "- [ ] Move `a.py`, src/app/b.ts (and tests/c_test.go) by 1/2 to `the rest`; see https://x.org/d.md"
    )

    assert task.paths == ("a.py", "src/app/b.ts", "tests/c_test.go")
