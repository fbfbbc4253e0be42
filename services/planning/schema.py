"""The JSON Schema of what `phasebot parse --json` prints."""

from __future__ import annotations

from typing import Any

from services.domain.findings import Severity

_LINE = {"type": "integer", "minimum": 1}
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_MAYBE_TEXT = {"type": ["string", "null"]}
_TRUTH = {"type": "boolean"}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TASK = _object(
    {
        "id": _MAYBE_TEXT,
        "text": _TEXT,
        "done": _TRUTH,
        "parallel": _TRUTH,
        "story": _MAYBE_TEXT,
        "line": _LINE,
        "paths": _TEXTS,
    }
)
_DEPENDENCY = _object({"key": _TEXT, "source": {"enum": ["stated", "order"]}, "line": _LINE})
_PHASE = _object(
    {
        "key": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "number": _MAYBE_TEXT,
        "title": _TEXT,
        "line": _LINE,
        "end_line": _LINE,
        "goal": _TEXT,
        "content": _TEXT,
        "done": _TRUTH,
        "parallel": _TRUTH,
        "tasks": _array(_TASK),
        "depends_on": _array(_DEPENDENCY),
        "external_docs": _TEXTS,
        "labels": _TEXTS,
    }
)
_FINDING = _object(
    {
        "code": _TEXT,
        "severity": {"enum": [severity.value for severity in Severity]},
        "line": _LINE,
        "column": _LINE,
        "message": _TEXT,
        "fix": _TEXT,
    }
)


def plan_schema() -> dict[str, Any]:
    """The schema, ready to be printed."""
    plan = _object(
        {
            "title": _TEXT,
            "overview": _TEXT,
            "dialect": _TEXT,
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "has_phases": _TRUTH,
            "phases": _array(_PHASE),
            "findings": _array(_FINDING),
        }
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A parsed plan", **plan}
