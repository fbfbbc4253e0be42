"""`phasebot policy`, as a process."""

from __future__ import annotations

import json

import jsonschema

from tests.cli.process import Phasebot
from tests.cli.samples import ALL_PASS, CHAIN


def test_a_valid_policy_is_said_to_be_valid(phasebot: Phasebot) -> None:
    phasebot.write("phasebot.yml", ALL_PASS)

    checked = phasebot("policy", "validate", "phasebot.yml")

    assert (checked.code, checked.err) == (0, "")
    assert checked.out == "✓ phasebot.yml: valid, version 1, 1 entry for phases\n"


def test_every_problem_is_told_at_once_with_file_and_line(phasebot: Phasebot) -> None:
    policy = 'version: 1\nphases:\n  - match: "*"\n    retires: 2\n    operations:\n      - {tool: comand, run: x}\n'
    phasebot.write("phasebot.yml", policy)

    checked = phasebot("policy", "validate", "phasebot.yml")

    assert checked.code == 2
    assert checked.out == ""
    assert "phasebot.yml" in checked.err
    assert "retires" in checked.err
    assert "Did you mean `command`?" in checked.err


def test_an_entry_that_matches_no_phase_is_pointed_out(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)
    phasebot.write("phasebot.yml", ALL_PASS.replace('"*"', "Wals"))

    checked = phasebot("policy", "validate", "phasebot.yml", "--plan", "plan.md")

    assert checked.code == 0
    assert "phasebot.yml:3: warning: no phase of the plan matches" in checked.out
    assert "Did you mean `Walls`?" in checked.out


def test_the_schema_accepts_a_valid_policy_and_refuses_another(phasebot: Phasebot) -> None:
    schema = json.loads(phasebot("policy", "schema").out)
    valid = {"version": 1, "phases": [{"match": "*", "operations": [{"tool": "command", "run": "true"}]}]}

    jsonschema.validate(valid, schema)
    assert not jsonschema.Draft202012Validator(schema).is_valid({**valid, "phases": [{"match": "*", "retires": 2}]})


def test_a_policy_that_is_not_there_is_named(phasebot: Phasebot) -> None:
    checked = phasebot("policy", "validate", "nowhere.yml")

    assert checked.code == 2
    assert checked.err == "error: nowhere.yml: cannot be read: no such file or directory\n"


def test_a_value_is_set_and_comments_stay(phasebot: Phasebot) -> None:
    file = phasebot.write("phasebot.yml", "# ours\n" + ALL_PASS)

    done = phasebot("policy", "set", "phasebot.yml", "phases[1].retries", "2")
    refused = phasebot("policy", "set", "phasebot.yml", "phases[1].retries", "lots")

    assert (done.code, refused.code) == (0, 2)
    assert "has to be a whole number" in refused.err
    assert file.read_text() == "# ours\n" + ALL_PASS.rstrip() + "\n    retries: 2\n"


def test_what_counts_for_a_phase_is_shown(phasebot: Phasebot) -> None:
    phasebot.write("phasebot.yml", ALL_PASS)

    shown = phasebot("policy", "show", "phasebot.yml", "--phase", "Walls")
    as_json = json.loads(phasebot("policy", "show", "phasebot.yml", "--phase", "Walls", "--json").out)

    assert "the entry `*` (line 5)" in shown.out
    assert [(one["key"], one["line"]) for one in as_json] == [("executor", 0), ("operations", 5)]
