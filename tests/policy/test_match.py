"""Matches: which entry is about which phase."""

from __future__ import annotations

import pytest

from services.planning.policy import Policy, Subject, read_policy
from tests.policy.test_reading import EXECUTORS, TOOLS


def with_matches(*matches: str) -> Policy:
    """A policy whose entries are told apart by their retries: 1, 2, …"""
    entries = [f"- {{match: {match}, retries: {number}}}" for number, match in enumerate(matches, 1)]
    return read_policy("\n".join(["version: 1", "phases:", *entries]), tools=TOOLS, executors=EXECUTORS)


@pytest.mark.parametrize(
    ("match", "title", "number"),
    [
        ("Setup", "setup", "1"),
        ("SETUP", "Setup", None),
        ("'set  up'", "Set up", "1"),
        ("Set*", "Setup the database", "1"),
        ("'*data*'", "Setup the Database", "1"),
        ("'Setup [draft]'", "Setup [draft]", "1"),
        ("/^set/", "Setup", "1"),
        ("/base$/", "The database", "1"),
        ("2", "Anything", "2"),
        ("'2'", "Anything", "2"),
        ("1.5", "Anything", "1.5"),
        ("1.10", "Anything", "1.10"),
        ("Phase 2", "Anything", "2"),
        ("'Phase 2: Anything'", "Anything", "2"),
        ("III", "Anything", "III"),
        ("{label: backend}", "Anything", "7"),
    ],
)
def test_an_entry_matches(match: str, title: str, number: str | None) -> None:
    assert with_matches(match).rules_for(Subject(title, number, ("phase-7", "Backend"))).retries == 1


@pytest.mark.parametrize(
    ("match", "title", "number"),
    [
        ("Setup", "Setup the database", "1"),
        ("Set", "Setup", "1"),
        ("1.10", "Anything", "1.1"),
        ("2", "2nd try", "12"),
        ("/^base/", "The database", "1"),
        ("backend", "Anything", "1"),
        ("{label: front}", "Anything", "1"),
    ],
)
def test_an_entry_does_not_match(match: str, title: str, number: str) -> None:
    assert with_matches(match).rules_for(Subject(title, number, ("backend",))).retries == 0


def test_the_first_entry_that_matches_counts() -> None:
    policy = with_matches("Setup", "Set*", "'*'")

    assert [policy.rules_for(Subject(title)).retries for title in ("Setup", "Settle", "Other")] == [1, 2, 3]


def test_an_entry_that_no_phase_meets_is_a_warning_with_the_nearest_title() -> None:
    policy = with_matches("Setup", "Databse", "{label: x}")

    found = policy.unmatched([Subject("Setup"), Subject("Database")])

    assert [(one.code, one.line, one.column, one.message, one.fix) for one in found] == [
        ("policy_no_such_phase", 4, 11, "no phase of the plan matches `Databse`", "Did you mean `Database`?"),
        ("policy_no_such_phase", 5, 11, "no phase of the plan matches the label `x`", ""),
    ]
