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
    schema["$defs"]["OperationText"] = {"oneOf": [_operation(name, model) for name, model in sorted(tools.items())]}
    return schema


def _operation(name: str, model: type[BaseModel]) -> dict[str, Any]:
    arguments = model.model_json_schema()
    arguments["properties"] = {"tool": {"const": name}, **arguments.get("properties", {})}
    arguments["required"] = ["tool", *arguments.get("required", [])]
    arguments["title"] = name
    return arguments
