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
