"""The published JSON Schema agrees with what is read."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from services.planning.policy import policy_schema
from tests.policy.test_reading import EXAMPLES, FULL, TOOLS, read

VALIDATOR = Draft202012Validator(policy_schema(TOOLS))


def plain(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(policy_schema(TOOLS))


@pytest.mark.parametrize("text", [FULL, "version: 1\n", *(path.read_text() for path in EXAMPLES.rglob("phasebot.yml"))])
def test_what_is_read_is_valid_by_the_schema(text: str) -> None:
    assert read(text)
    assert [error.message for error in VALIDATOR.iter_errors(plain(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "version: 2",
        "{version: 1, limts: {}}",
        "{version: 1, limits: {running: 0}}",
        "{version: 1, defaults: {timeout: soon}}",
        "{version: 1, defaults: {on_error: stop}}",
        "{version: 1, phases: [{retries: 1}]}",
        "{version: 1, phases: [{match: A, operations: [{tool: comand, run: x}]}]}",
        "{version: 1, phases: [{match: A, operations: [{tool: command}]}]}",
        "{version: 1, phases: [{match: A, operations: [{tool: command, run: x, rnu: y}]}]}",
    ],
)
def test_what_the_schema_must_refuse_it_refuses(text: str) -> None:
    assert not VALIDATOR.is_valid(plain(text))
