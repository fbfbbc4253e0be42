"""What holds for every draft, whatever text it was read from."""

from __future__ import annotations

import json

import jsonschema

from services.planning.draft import PlanDraft
from services.planning.schema import plan_schema

_VALIDATOR = jsonschema.Draft202012Validator(plan_schema())


def check(plan: PlanDraft, text: str) -> None:
    """Keys are unique, lines exist, dependencies name phases of the plan, and what is printed keeps to its schema."""
    last = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    keys = [phase.key for phase in plan.phases]
    assert len(set(keys)) == len(keys)
    assert plan.has_phases is bool(plan.phases)
    for place, phase in enumerate(plan.phases):
        assert 1 <= phase.line <= phase.end_line <= last
        assert all(1 <= task.line <= last for task in phase.tasks)
        for dependency in phase.depends_on:
            assert dependency.key in keys
            assert dependency.key != phase.key
            assert 1 <= dependency.line <= last
            assert dependency.source == "stated" or keys.index(dependency.key) < place
    assert all(1 <= finding.line <= last for finding in plan.findings)
    _VALIDATOR.validate(json.loads(json.dumps(plan.as_json())))
