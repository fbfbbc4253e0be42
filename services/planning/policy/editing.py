"""Editing a policy in place: one value is written anew, and every other character stays, comments and all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from services.domain.errors import UserError
from services.planning.policy.source import Path, Source, read_source, root_of

_STEP = re.compile(r"\.?([A-Za-z_][\w-]*)|\[(\d+)\]")


class CannotEdit(UserError):
    """The place cannot be found, or the value cannot stand there."""

    code = "policy_not_edited"


def parse_path(written: str) -> Path:
    """`limits.workers`, `phases[2].retries`: counting from 1, as findings do. Raises CannotEdit."""
    steps, at = list[str | int](), 0
    while at < len(written):
        found = _STEP.match(written, at)
        if found is None:
            raise CannotEdit(
                f"{written} is no place in a policy", fix="Write it like limits.workers or phases[2].retries."
            )
        steps.append(found[1] or int(found[2]) - 1)
        at = found.end()
    if not steps:
        raise CannotEdit("no place was named", fix="Write it like limits.workers or phases[2].retries.")
    return tuple(steps)


def with_value(text: str, path: Path, value: str) -> str:
    """The text with `value` (YAML on one line) at `path`; keys that are not there yet are made. Raises CannotEdit."""
    wanted = _meaning(value)
    root = root_of(text)
    if root is None:
        raise CannotEdit("the policy cannot be read as it is", fix="See: phasebot policy validate")
    edited = _edited(text, root, path, value.strip())
    if _at(read_source(edited), path) != wanted:
        raise CannotEdit(
            f"`{value}` cannot be written at this place", fix="Put it in quotes, or edit the file by hand."
        )
    return edited


def _meaning(value: str) -> Any:
    source = read_source(f"value: {value}\n")
    if "\n" in value.strip() or source.findings or list(source.value or ()) != ["value"]:
        raise CannotEdit(f"`{value}` is no YAML value on one line", fix="Put texts with special characters in quotes.")
    return source.value["value"]


def _at(source: Source, path: Path) -> Any:
    """What is there once it has been written; None where something else is."""
    found = source.value
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def _edited(text: str, node: Any, path: Path, value: str) -> str:
    for place, step in enumerate(path):
        child = _child(node, step)
        if child is None:
            return _added(text, node, path[place:], value)
        node = child
    start = node.start_mark.index
    return text[:start] + value + text[max(_end(node), start) :]


def _child(node: Any, step: str | int) -> Any:
    """Raises CannotEdit where the step does not fit; None where the key is not there yet."""
    if isinstance(step, int):
        if node.id == "sequence" and 0 <= step < len(node.value):
            return node.value[step]
        count = len(node.value) if node.id == "sequence" else 0
        raise CannotEdit(f"there is no number {step + 1} here, but {count}")
    if node.id != "mapping":
        raise CannotEdit(f"there is no mapping that could have the key `{step}`")
    return next((child for key, child in node.value if key.value == step), None)


def _added(text: str, node: Any, missing: Sequence[str | int], value: str) -> str:
    if not all(isinstance(step, str) for step in missing):
        raise CannotEdit("a list is not made longer this way", fix="Edit the file by hand.")
    first, *rest = map(str, missing)
    entry = f"{first}: {_nested(rest, value)}"
    if node.flow_style:
        end = node.end_mark.index - 1
        return f"{text[:end].rstrip()}{', ' if node.value else ''}{entry}{text[end:]}"
    indent = " " * node.value[0][0].start_mark.column
    line_end = text.find("\n", _end(node))
    at = len(text) if line_end < 0 else line_end
    return f"{text[:at]}\n{indent}{entry}{text[at:] or chr(10)}"


def _nested(keys: Sequence[str], value: str) -> str:
    for key in reversed(keys):
        value = f"{{{key}: {value}}}"
    return value


def _end(node: Any) -> int:
    """Where the last character of the node is; comments behind it do not belong to it."""
    if node.id != "scalar" and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if node.id == "mapping" else last)
    return int(node.end_mark.index)
