"""SARIF 2.1.0 as code scanning services take it: what we write is valid against the schema of the format."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import pytest

from services.planning.parser import parse
from services.planning.sarif import as_sarif
from tests.payloads.packages import read


@cache
def schema() -> jsonschema.Draft4Validator:
    """https://docs.oasis-open.org/sarif/sarif/v2.1.0/ as Microsoft publishes it in a package."""
    return jsonschema.Draft4Validator(read("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"))


def log_of(text: str, *, name: str = "plans/p.md") -> dict[str, Any]:
    """The log as a service reads it."""
    written: dict[str, Any] = json.loads(json.dumps(as_sarif(parse(text).findings, name=name, version="1.0")))
    return written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# P\n\n## Phase 1: A\n- [ ] x\n\n## Phase 3: C\n\nDepends on Phase 9.\nSee [x](../x.md).\n",
        "## Phase 1: A ✅\n- [ ] T1 a\n- [ ] T1 b\n\n## Phase 1: B\n\n## Dependencies\n\n- A depends on B\n- B depends on A\n",
    ],
)
def test_a_log_is_valid_and_names_only_rules_that_it_describes(text: str) -> None:
    log = log_of(text)

    schema().validate(log)
    (run,) = log["runs"]
    assert {result["ruleId"] for result in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert run["results"]


def test_a_document_without_findings_is_a_valid_log_too() -> None:
    log = log_of("# P\n\n## Phase 1: A\n\n- [ ] x\n\n## Phase 2: B\n\n- [ ] y\n")

    schema().validate(log)
    assert log["runs"][0]["results"] == []


@pytest.mark.parametrize(("part", "value"), [("level", "fatal"), ("message", {}), ("line", 3), ("locations", {})])
def test_the_schema_refuses_what_is_no_result(part: str, value: object) -> None:
    log = log_of("")
    log["runs"][0]["results"][0][part] = value

    assert not schema().is_valid(log)


def test_a_path_is_written_as_a_uri() -> None:
    (result,) = log_of("", name="plans/größe 1.md")["runs"][0]["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "plans/gr%C3%B6%C3%9Fe%201.md"}
