"""The policy's YAML as plain values, with the place of each, and everything that is wrong with it as YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.domain.findings import Finding, Severity

Path = tuple[str | int, ...]
"""Where a value is: keys and indexes from the top."""

_LONGEST = 256 * 1024
_MOST_NODES = 20_000
"""Aliases can make a short text mean a very long one."""
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, from 1."""

    line: int = 1
    column: int = 1


class WrittenFloat(float):
    """A number that remembers how it was written: 1.10 is not 1.1 where it numbers a phase."""

    text: str

    def __new__(cls, text: str) -> WrittenFloat:
        number = super().__new__(cls, text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
        number.text = text
        return number


@dataclass(slots=True)
class Source:
    """What was read. `places` has the values' places, `keys` those of the keys."""

    value: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place())

    def complain(self, code: str, place: Place, message: str, fix: str = "") -> None:
        self.findings.append(Finding(code, Severity.ERROR, place.line, message, fix, place.column))


def read_source(text: str) -> Source:
    """Never raises: what cannot be read is in the findings."""
    source = Source()
    text = text.removeprefix("\ufeff")
    if len(text) > _LONGEST:
        source.complain("policy_too_large", Place(), f"the policy is longer than {_LONGEST // 1024} kB")
        return source
    root = _compose(text, source)
    if root is None and not source.findings:
        source.complain("policy_empty", Place(), "the policy is empty", "Begin with: version: 1")
    elif root is not None and root.id != "mapping":
        source.complain("policy_not_a_mapping", _at(root), "the policy has to be a mapping", "Begin with: version: 1")
    elif root is not None:
        _convert(root, source)
    return source


def root_of(text: str) -> Any:
    """The node at the top of a policy, with the marks of everything in it; None where it is no mapping."""
    root = _compose(text, Source())
    return root if root is not None and root.id == "mapping" else None


def _compose(text: str, source: Source) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        return YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place()
        source.complain(
            "policy_syntax", place, f"this is not YAML: {error.problem or error.context}", _fix(error.problem)
        )
    except ReaderError as error:
        before = text[: error.position]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        source.complain("policy_syntax", place, "there is a character that YAML does not allow")
    return None


def _fix(problem: str | None) -> str:
    if "\\t" in (problem or ""):
        return "Indent with spaces; YAML does not allow tabs."
    if "mapping values" in (problem or "") or "cannot start" in (problem or ""):
        return "Put texts that contain `: ` or begin with a special character in quotes."
    return ""


def _convert(root: Any, source: Source) -> None:
    try:
        source.value = _Converter(source).value(root, ())
    except _TooMuch as error:
        source.complain("policy_too_large", Place(), str(error))


class _TooMuch(Exception):
    """The text means more than a policy can."""


class _Converter:
    """Nodes to values. Notes every place, and every key that comes twice."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._nodes = 0

    def value(self, node: Any, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(path) > _DEEPEST:
            raise _TooMuch("the policy is too large, or refers to itself")
        self._source.places[path] = _at(node)
        match node.id:
            case "mapping":
                return {key: self.value(child, (*path, key)) for key, child in self._entries(node, path)}
            case "sequence":
                return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _entries(self, node: Any, path: Path) -> Iterator[tuple[str, Any]]:
        seen: dict[str, Place] = {}
        for key_node, child in node.value:
            key, place = str(key_node.value), _at(key_node)
            if key_node.id != "scalar":
                self._source.complain("policy_wrong_type", place, "a key has to be a plain text")
            elif key in seen:
                message = f"`{key}` is here twice, first on line {seen[key].line}"
                self._source.complain("policy_duplicate_key", place, message, "Keep one of them.")
            else:
                seen[key] = self._source.keys[(*path, key)] = place
                yield key, child

    def _scalar(self, node: Any) -> Any:
        text: str = node.value
        match str(node.tag).rpartition(":")[2]:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return _integer(text)
            case "float":
                return WrittenFloat(text)
            case "str" | "timestamp":
                return text
        message = f"`{node.tag}` means nothing in a policy"
        self._source.complain("policy_wrong_type", _at(node), message, "Leave the tag out.")
        return text


def _integer(text: str) -> int:
    """Of YAML 1.2: 010 is ten."""
    digits = text.replace("_", "")
    return int(digits, 0) if re.match(r"[-+]?0[ox]", digits) else int(digits)


def _at(node: Any) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
