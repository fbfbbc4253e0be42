"""SARIF 2.1.0 as code scanning services take it: the part of the format that we write, held to its rules."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from services.planning.parser import parse
from services.planning.rules import RULES
from services.planning.sarif import as_sarif

_TEXT = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_COUNT = {"type": "integer", "minimum": 1}


def _exactly(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _list_of(items: object) -> dict[str, object]:
    return {"type": "array", "items": items, "uniqueItems": True}


_RULE = _exactly(id={"type": "string"}, shortDescription=_TEXT, help=_TEXT, defaultConfiguration=_exactly(level=_LEVEL))
_REGION = _exactly(startLine=_COUNT, startColumn=_COUNT)
_URI = {"type": "string", "pattern": "^[A-Za-z0-9/._~%-]+$"}
_PLACE = _exactly(physicalLocation=_exactly(artifactLocation=_exactly(uri=_URI), region=_REGION))
_RESULT = _exactly(
    ruleId={"enum": [rule.code for rule in RULES]}, level=_LEVEL, message=_TEXT, locations=_list_of(_PLACE)
)
_DRIVER = _exactly(name={"type": "string"}, version={"type": "string"}, rules=_list_of(_RULE))
_RUN = _exactly(
    tool=_exactly(driver=_DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": _RESULT},
)
_LOG = _exactly(**{"$schema": {"type": "string"}}, version={"const": "2.1.0"}, runs=_list_of(_RUN))


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
def test_a_log_has_what_the_format_asks_for_and_nothing_else(text: str) -> None:
    log = log_of(text)

    jsonschema.Draft202012Validator(_LOG).validate(log)
    assert log["runs"][0]["results"]


def test_a_path_is_written_as_a_uri() -> None:
    (result,) = log_of("", name="plans/größe 1.md")["runs"][0]["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "plans/gr%C3%B6%C3%9Fe%201.md"}
