"""`diff` shows what a run would change; a run amends; `writeback` ticks what is done, and touches nothing else."""

from __future__ import annotations

import json

import pytest

from tests.cli.process import Phasebot

PLAN = """\
# Shop

## Phase 1: Schema

- [ ] Create the tables

## Phase 2: API

- [ ] Write the endpoints
"""
NEW = PLAN.replace("Phase 2: API", "Phase 2: Interface").replace("tables\n", "tables\n- [ ] Load the fixtures\n")
SCHEMA_ONLY = "version: 1\nphases:\n  - match: Schema\n    operations: [{tool: command, run: 'true'}]\n"
ARGUMENTS = ("--policy", "policy.yml", "--no-issues", "--db", "phasebot.db")


@pytest.fixture
def ran(phasebot: Phasebot) -> Phasebot:
    """The first phase is done, the second waits for a person."""
    phasebot.write("plan.md", PLAN)
    phasebot.write("policy.yml", SCHEMA_ONLY)
    assert phasebot("run", "plan.md", *ARGUMENTS).code == 0
    return phasebot


def content(phasebot: Phasebot) -> str:
    return (phasebot.folder / "plan.md").read_bytes().decode()


# ---------------------------------------------------------------- diff


def test_a_file_that_was_never_run_has_nothing_to_be_compared_with(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", PLAN)

    ended = phasebot("diff", "plan.md", "--db", "phasebot.db")

    assert ended.code == 0
    assert ended.out == "No plan was made of plan.md yet: a run would make one of 2 phases.\n"


def test_an_unchanged_file_has_no_differences(ran: Phasebot) -> None:
    ended = ran("diff", "plan.md", "--policy", "policy.yml", "--db", "phasebot.db")

    assert (ended.code, ended.out) == (0, "Nothing has changed.\n")


def test_differences_are_shown_for_people_and_for_machines(ran: Phasebot) -> None:
    ran.write("plan.md", NEW)

    told = ran("diff", "plan.md", "--db", "phasebot.db")
    record = json.loads(ran("diff", "plan.md", "--db", "phasebot.db", "--json").out)

    assert told.out.splitlines() == [
        "~ 1: Schema (content, tasks)",
        "    + task: Load the fixtures",
        "~ 2: API → 2: Interface (renamed)",
    ]
    assert record["known"] is True
    assert [one["changes"] for one in record["phases"]] == [["content", "tasks"], ["renamed"]]


def test_other_rules_are_a_difference(ran: Phasebot) -> None:
    ran.write("policy.yml", SCHEMA_ONLY.replace("Schema", "API"))

    ended = ran("diff", "plan.md", "--policy", "policy.yml", "--db", "phasebot.db")

    assert ended.out.splitlines() == ["~ 1: Schema (rules)", "~ 2: API (rules)"]


def test_a_document_without_phases_is_refused(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", "# Notes\n\nNothing to do.\n")

    assert phasebot("diff", "plan.md", "--db", "phasebot.db").code == 2


# ---------------------------------------------------------------- run


def test_a_run_says_what_it_amended_and_carries_it_out(ran: Phasebot) -> None:
    ran.write("plan.md", NEW)
    ran.write("policy.yml", SCHEMA_ONLY.replace("Schema", "Interface"))

    ended = ran("run", "plan.md", *ARGUMENTS)

    assert ended.code == 0
    assert "the plan was amended:" in ended.err
    assert "~ 2: API → 2: Interface (renamed)" in ended.err
    assert ended.out.startswith("Shop: completed")


# ---------------------------------------------------------------- what is done in the document

HALF_DONE = PLAN.replace("[ ] Create", "[x] Create")


@pytest.mark.parametrize(
    ("done", "issues", "statuses"),
    [
        ("completed", [("Phase 1: Schema", "closed"), ("Phase 2: API", "open")], ["completed", "ready"]),
        ("left_out", [("Phase 2: API", "open")], ["ready"]),
        ("again", [("Phase 1: Schema", "open"), ("Phase 2: API", "open")], ["ready", "queued"]),
    ],
)
def test_a_dry_run_shows_what_becomes_of_what_is_done(
    phasebot: Phasebot, done: str, issues: list[tuple[str, str]], statuses: list[str]
) -> None:
    phasebot.write("plan.md", HALF_DONE)
    phasebot.write("policy.yml", f"version: 1\npublish: {{done: {done}}}\n")

    ended = phasebot("run", "plan.md", "--policy", "policy.yml", "--dry-run", "--json", "--db", "phasebot.db")

    shown = json.loads(ended.out)
    assert [(one["title"], one["state"]) for one in shown["issues"][1:]] == issues
    assert [one["status"] for one in shown["phases"]] == statuses
    assert shown["left_out"] == (["1-schema"] if done == "left_out" else [])
    assert not (phasebot.folder / "phasebot.db").exists()


def test_what_is_done_is_told_in_the_preview_and_at_the_end(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", HALF_DONE)

    preview = phasebot("run", "plan.md", "--dry-run", "--db", "phasebot.db").out
    ended = phasebot("run", "plan.md", "--no-issues", "--db", "phasebot.db").out

    assert "closed as completed: done in the document" in preview
    assert "completed in the document: stays as it is" in preview
    assert "1: Schema: completed, done in the document" in ended


def test_a_phase_that_needs_what_is_done_can_be_selected_alone(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", HALF_DONE)
    phasebot.write("policy.yml", SCHEMA_ONLY.replace("Schema", "API"))

    ended = phasebot("run", "plan.md", *ARGUMENTS, "--phases", "2")

    assert (ended.code, ended.out.splitlines()[0]) == (0, "Shop: completed (2 completed)")


# ---------------------------------------------------------------- dry run


def test_a_dry_run_shows_how_a_plan_that_is_there_would_be_amended(ran: Phasebot) -> None:
    ran.write("plan.md", NEW + "\n## Phase 3: Pages\n")

    told = ran("run", "plan.md", *ARGUMENTS, "--dry-run")
    shown = json.loads(ran("run", "plan.md", *ARGUMENTS, "--dry-run", "--json").out)

    assert told.out.splitlines()[2:7] == [
        "The plan made of this file goes on; it is amended:",
        "~ 1: Schema (content, tasks)",
        "    + task: Load the fixtures",
        "~ 2: API → 2: Interface (renamed)",
        "+ 3: Pages",
    ]
    assert "completed: stays as it is" in told.out
    assert [one["changes"] for one in shown["amends"]["phases"]] == [["content", "tasks"], ["renamed"], ["added"]]
    assert [one["status"] for one in shown["phases"]] == ["completed", "running", "queued"]
    assert ran("diff", "plan.md", "--db", "phasebot.db").out.splitlines()[-1] == "+ 3: Pages", "nothing was amended"


# ---------------------------------------------------------------- writeback


def test_what_is_done_is_ticked_and_nothing_else_is_touched(ran: Phasebot) -> None:
    windows = "\ufeff" + PLAN.replace("\n", "\r\n")
    ran.write("plan.md", windows)

    ended = ran("writeback", "plan.md", "--db", "phasebot.db")

    assert ended.code == 0
    assert content(ran) == windows.replace("[ ] Create", "[x] Create")
    assert ran("diff", "plan.md", "--db", "phasebot.db").out == "Nothing has changed.\n"


def test_a_dry_run_writes_nothing(ran: Phasebot) -> None:
    ended = ran("writeback", "plan.md", "--dry-run", "--db", "phasebot.db")

    assert ended.out == "plan.md:5: - [x] Create the tables\n"
    assert content(ran) == PLAN


def test_tasks_that_joined_a_finished_phase_later_are_not_ticked(ran: Phasebot) -> None:
    ran.write("plan.md", NEW)

    ran("writeback", "plan.md", "--db", "phasebot.db")

    assert content(ran) == NEW


RENUMBERED = """\
- [ ] 2. Schema
  - [ ] 2.1 Create the tables
    1. [ ] with an index
- [ ] 1. API
  - [ ] 1.1 Write the endpoints
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_finished_phase_is_ticked_where_it_is_now_and_under_its_new_number(phasebot: Phasebot, line_end: str) -> None:
    before = RENUMBERED.replace("2", "0").replace("1. API", "2. API").replace("1.1", "2.1").replace("0", "1")
    removed = "- [ ] 3. Old page\n  - [ ] 3.1 Show what nobody reads\n"
    phasebot.write("policy.yml", SCHEMA_ONLY)
    phasebot.write("plan.md", "\ufeff# Tasks\n\n" + before + removed)
    assert phasebot("run", "plan.md", *ARGUMENTS).code == 0
    after = "\ufeff# Tasks\n\n" + RENUMBERED
    phasebot.write("plan.md", after.replace("\n", line_end))

    phasebot("writeback", "plan.md", "--db", "phasebot.db")

    done = after.replace("[ ] 2", "[x] 2").replace("[ ] with", "[x] with")
    assert content(phasebot) == done.replace("\n", line_end)


def test_progress_of_a_file_that_was_never_run_is_refused(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", PLAN)

    ended = phasebot("writeback", "plan.md", "--db", "phasebot.db")

    assert ended.code != 0
    assert "no plan was made of plan.md yet" in ended.err
    assert content(phasebot) == PLAN


def test_a_run_ticks_at_its_end_where_the_policy_wants_it(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", PLAN)
    phasebot.write("policy.yml", f"{SCHEMA_ONLY}writeback: true\n")

    ended = phasebot("run", "plan.md", *ARGUMENTS)
    again = phasebot("run", "plan.md", *ARGUMENTS)

    assert "Progress is written back: 1 line ticked in plan.md." in ended.out
    assert content(phasebot) == PLAN.replace("[ ] Create", "[x] Create")
    assert "amended" not in again.err
