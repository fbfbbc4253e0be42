"""The payloads as values: an event, what to call it, and the JSON object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.payloads.packages import read


@dataclass(frozen=True)
class Payload:
    """`name` tells where it is from."""

    event: str
    name: str
    json: dict[str, Any]

    @property
    def action(self) -> str:
        return str(self.json.get("action", ""))


@cache
def examples() -> tuple[Payload, ...]:
    """https://github.com/octokit/webhooks: real ones, contributed by people."""
    kinds = read("@octokit/webhooks-examples/api.github.com/index.json")
    return tuple(
        Payload(kind["name"], f"{kind['name']} example {place}", one)
        for kind in kinds
        for place, one in enumerate(kind["examples"], 1)
    )


@cache
def built() -> tuple[Payload, ...]:
    """One for every event and action that GitHub's schema knows, with all that is required and no more."""
    return tuple(_built(read("@octokit/openapi-webhooks/generated/api.github.com.json")))


def _built(published: dict[str, Any]) -> Iterator[Payload]:
    schemas = published["components"]["schemas"]
    for name, described in published["webhooks"].items():
        operation = described["post"]
        content = operation.get("requestBody", {}).get("content", {})
        if schema := content.get("application/json", {}).get("schema"):
            value = _Builder(schemas).value(schema)
            yield Payload(_event(operation), f"{name} built", value)


class _Builder:
    """Makes the smallest value that a schema allows."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def value(self, schema: dict[str, Any]) -> Any:
        schema = self._resolved(schema)
        for fixed in ("const", "example", "default"):
            if fixed in schema and not isinstance(schema[fixed], list | dict) and schema.get("type") != "object":
                return schema[fixed]
        if schema.get("enum"):
            return next(one for one in schema["enum"] if one is not None)
        for choice in ("oneOf", "anyOf"):
            if choice in schema and "properties" not in schema:
                return self.value(_first(schema[choice]))
        return self._typed(schema)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if "allOf" not in schema:
            return schema
        merged: dict[str, Any] = {name: value for name, value in schema.items() if name != "allOf"}
        for part in map(self._resolved, schema["allOf"]):
            merged = {**part, **merged}
            merged["properties"] = {**part.get("properties", {}), **merged.get("properties", {})}
            merged["required"] = [*part.get("required", ()), *merged.get("required", ())]
        return merged

    def _typed(self, schema: dict[str, Any]) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), None)
        match kind:
            case "string":
                return _TEXTS.get(schema.get("format", ""), "text")
            case "integer" | "number":
                return 1
            case "boolean":
                return False
            case "array":
                return [self.value(schema["items"])] if schema.get("minItems") else []
            case None if "properties" not in schema:
                return None
        properties = schema.get("properties", {})
        return {name: self.value(properties[name]) for name in schema.get("required", ()) if name in properties}


_TEXTS = {"date-time": "2026-11-20T12:00:00Z", "uri": "https://api.github.com/", "email": "ada@example.org"}


def _first(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return next(one for one in choices if one.get("type") != "null")


def _event(operation: dict[str, Any]) -> str:
    """What the header `X-GitHub-Event` says."""
    return str(operation["operationId"].partition("/")[0].replace("-", "_"))
