"""Editing: one value changes, every other character stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planning.policy import Subject, applied_to, parse_path, with_value
from services.planning.policy.editing import CannotEdit
from tests.policy.test_reading import read

POLICY = """\
# What this repository wants.
version: 1   # the only one

limits: {workers: 2}  # half the cores
defaults:
  executor: local   # here
  env:
    MODE: fast  # not slow
  # and that is all

phases:
  - match: "Set*"   # the first
    retries: 2
    operations:
      - {tool: noop}
  # the last
  - match: Ship
    on_error: fail
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("limits.workers", "4", "{workers: 2}", "{workers: 4}"),
        ("limits.plan", "3", "{workers: 2}", "{workers: 2, plan: 3}"),
        ("defaults.executor", "manual", "executor: local   # here", "executor: manual   # here"),
        ("defaults.env.MODE", "'a: b'", "MODE: fast  #", "MODE: 'a: b'  #"),
        ("defaults.env.TIER", "free", "# not slow\n", "# not slow\n    TIER: free\n"),
        ("defaults.env", "{}", "MODE: fast  #", "{}  #"),
        ("defaults.timeout", "30m", "# not slow\n", "# not slow\n  timeout: 30m\n"),
        ("phases[1].retries", "{count: 3, delay: 1m}", "retries: 2", "retries: {count: 3, delay: 1m}"),
        ("phases[1].match", '"/x/"', '"Set*"', '"/x/"'),
        ("phases[2].qa", "manual", "on_error: fail\n", "on_error: fail\n    qa: manual\n"),
        ("phases[2].approval.by", "admins", "on_error: fail\n", "on_error: fail\n    approval: {by: admins}\n"),
        ("publish.labels.parent", "plan", "on_error: fail\n", "on_error: fail\npublish: {labels: {parent: plan}}\n"),
        ("phases[1].operations[1].tool", "files", "{tool: noop}", "{tool: files}"),
    ],
)
def test_one_value_changes_and_nothing_else(path: str, value: str, old: str, new: str) -> None:
    assert POLICY.count(old) == 1

    assert with_value(POLICY, parse_path(path), value) == POLICY.replace(old, new)


def test_a_file_without_a_last_line_end_gets_one_where_something_is_added() -> None:
    assert with_value("version: 1", parse_path("writeback"), "true") == "version: 1\nwriteback: true\n"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("", "1", "no place was named"),
        ("limits..workers", "1", "is no place"),
        ("phases[0].retries", "1", "there is no number 0"),
        ("phases[3].retries", "1", "there is no number 3 here, but 2"),
        ("phases.retries", "1", "no mapping"),
        ("limits[1]", "1", "there is no number 1"),
        ("version.x", "1", "no mapping"),
        ("limits.workers", "1\nx: 2", "is no YAML value on one line"),
        ("limits.workers", "{", "is no YAML value"),
        ("limits.workers", "4, plan", "cannot be written at this place"),
    ],
)
def test_what_cannot_be_done_is_refused(path: str, value: str, words: str) -> None:
    with pytest.raises(CannotEdit) as refused:
        with_value(POLICY, parse_path(path), value)
    assert words in str(refused.value)


@given(st.text(max_size=20))
def test_whatever_is_written_is_what_is_read_or_it_is_refused(value: str) -> None:
    try:
        edited = with_value(POLICY, parse_path("defaults.env.MODE"), value)
    except CannotEdit:
        return
    head, tail = POLICY.split("fast", 1)
    assert edited.startswith(head)
    assert edited.endswith(tail)


def test_what_counts_for_a_phase_is_shown_with_its_place() -> None:
    shown = {one.key: (one.value, one.said_by, one.line) for one in applied_to(read(POLICY), POLICY, Subject("Setup"))}

    assert shown == {
        "env": ({"MODE": "fast"}, "defaults", 8),
        "executor": ("local", "defaults", 6),
        "operations": ([{"tool": "noop"}], "the entry `Set*`", 15),
        "retries": (2, "the entry `Set*`", 13),
    }


def test_what_follows_from_other_rules_is_shown_as_such() -> None:
    text = "version: 1\nphases: [{match: A, retries: 1}]\n"

    executor, retries = applied_to(read(text), text, Subject("A"))

    assert (executor.key, executor.value, executor.line) == ("executor", "manual", 0)
    assert retries.line == 2
