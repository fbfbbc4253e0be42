"""The description of the API: valid, complete, and true of the errors."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from .conftest import Bot

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def description(bot: Bot) -> Any:
    return bot.get("/api/openapi.json")


def operations(description: Any) -> list[tuple[str, Any]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_it_is_openapi_3_1_with_schemas_that_are_valid_json_schema(description: Any) -> None:
    assert description["openapi"].startswith("3.1")
    for schema in description["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(description: Any) -> None:
    schemas = description["components"]["schemas"]

    def references(node: Any) -> Any:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    found = set(references(description))
    assert found
    assert all(one.removeprefix("#/components/schemas/") in schemas for one in found)


def test_every_operation_has_a_tag_a_unique_name_and_words(description: Any) -> None:
    known = {tag["name"] for tag in description["tags"]}
    names = [operation["operationId"] for _, operation in operations(description)]

    assert len(set(names)) == len(names)
    for where, operation in operations(description):
        assert operation["description"], where
        assert set(operation["tags"]) <= known, where


def test_it_says_which_operations_want_the_token(description: Any) -> None:
    for where, operation in operations(description):
        assert ("security" in operation) == (" /api/" in where or where.endswith(" /metrics")), where


def test_every_error_of_every_operation_is_the_envelope(description: Any) -> None:
    envelope = {"$ref": "#/components/schemas/ErrorEnvelope"}

    for where, operation in operations(description):
        errors = {status: said for status, said in operation["responses"].items() if int(status) >= 400}
        assert errors or where == "GET /healthz"
        for status, said in errors.items():
            assert said["content"]["application/json"]["schema"] == envelope, (where, status)


def test_every_body_has_an_example(description: Any) -> None:
    schemas = description["components"]["schemas"]
    checked = 0
    for where, operation in operations(description):
        for kind, said in operation.get("requestBody", {}).get("content", {}).items():
            assert "example" in said or any(_examples(said["schema"], schemas)), (where, kind)
            checked += 1
    assert checked > 10


def _examples(schema: Any, schemas: Any) -> Any:
    for one in (schema, *schema.get("anyOf", ())):
        yield from schemas.get(one.get("$ref", "").removeprefix("#/components/schemas/"), {}).get("examples", ())


def test_the_examples_fit_their_schemas(description: Any) -> None:
    schemas = description["components"]["schemas"]
    validated = 0
    for schema in schemas.values():
        for example in schema.get("examples", ()):
            jsonschema.validate(example, schema | {"components": {"schemas": schemas}})
            validated += 1
    assert validated >= 2
