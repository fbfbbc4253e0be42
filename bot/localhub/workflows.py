"""Workflow files: what of them matters to whoever starts them by name and follows their runs.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.localhub.problems import unprocessable
from bot.localhub.run_values import Workflow, workflow_id

FOLDER = ".github/workflows"
INPUTS = 25
_EXPRESSION = re.compile(r"\$\{\{\s*(?:github\.event\.)?inputs\.([\w-]+)\s*\}\}")


def read_workflow(path: str, content: bytes, since: datetime) -> Workflow:
    """Of a file that is no workflow, nothing but the name is known: it cannot be started."""
    data = _mapping(_parsed(content))
    dispatch = _triggers(data).get("workflow_dispatch", _NOT_THERE)
    inputs = _mapping(_mapping(dispatch).get("inputs")) if dispatch is not _NOT_THERE else {}
    name = str(data.get("name") or path)
    return Workflow(
        id=workflow_id(path),
        path=path,
        name=name,
        title=str(data.get("run-name") or name),
        jobs=tuple(_job_names(_mapping(data.get("jobs")))),
        is_dispatchable=dispatch is not _NOT_THERE,
        inputs={key: _mapping(value) for key, value in inputs.items()},
        since=since,
    )


def check_inputs(workflow: Workflow, given: Mapping[str, object]) -> dict[str, str]:
    """The inputs of a run, with the defaults. Raises Refused in GitHub's words."""
    if len(given) > INPUTS:
        raise unprocessable(f"you may only define up to {INPUTS} `inputs` for a `workflow_dispatch` event")
    unknown = sorted(given.keys() - workflow.inputs.keys())
    if unknown:
        raise unprocessable(f"Unexpected inputs provided: {unknown}")
    found = {key: str(one["default"]) for key, one in workflow.inputs.items() if "default" in one}
    found |= {key: str(value) for key, value in given.items()}
    for name, declared in workflow.inputs.items():
        if declared.get("required") and name not in found:
            raise unprocessable(f"Required input '{name}' not provided")
    return found


def title_of(workflow: Workflow, inputs: Mapping[str, str]) -> str:
    """The run's name, its expressions about inputs filled in."""
    return _EXPRESSION.sub(lambda found: inputs.get(found[1], ""), workflow.title)


_NOT_THERE = object()


def _parsed(content: bytes) -> object:
    from ruamel.yaml import YAML  # not before somebody has a workflow
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(content)
    except (YAMLError, UnicodeDecodeError):
        return None


def _triggers(data: Mapping[Any, Any]) -> Mapping[str, Any]:
    """`on` is a word, a list or a mapping; YAML 1.1 reads the key as a yes."""
    on = data.get("on", data.get(True))
    if isinstance(on, str):
        return {on: None}
    return dict.fromkeys(on) if isinstance(on, list) else _mapping(on)


def _job_names(jobs: Mapping[str, Any]) -> list[str]:
    return [str(_mapping(job).get("name") or key) for key, job in jobs.items()] or ["job"]


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
