"""The JSON Schema of the policy, for editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from services.planning.policy.language import PolicyText


def policy_schema(tools: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """Of version 1, with the arguments of these tools."""
    schema = PolicyText.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "phasebot policy"
    own = schema["$defs"]["OperationText"]["properties"]
    operations = [_operation(name, model, own) for name, model in sorted(tools.items())]
    schema["$defs"]["OperationText"] = {"oneOf": operations}
    return schema


def _operation(name: str, model: type[BaseModel], own: Mapping[str, Any]) -> dict[str, Any]:
    """What every operation may say, and the arguments of this tool. Definitions of the tool's are written out in place."""
    arguments = model.model_json_schema()
    definitions = arguments.pop("$defs", {})
    arguments = {key: _written_out(value, definitions) for key, value in arguments.items()}
    arguments["properties"] = {**own, "tool": {"const": name}, **arguments.get("properties", {})}
    arguments["required"] = ["tool", *arguments.get("required", [])]
    arguments["title"] = name
    return arguments


def _written_out(value: Any, definitions: Mapping[str, Any]) -> Any:
    match value:
        case {"$ref": str() as reference}:
            return _written_out(definitions[reference.rpartition("/")[2]], definitions)
        case dict():
            return {key: _written_out(inner, definitions) for key, inner in value.items()}
        case list():
            return [_written_out(inner, definitions) for inner in value]
    return value
