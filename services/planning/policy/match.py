"""Matches: which phases an entry of the policy is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.planning.policy.source import WrittenFloat


class Named(Protocol):
    """What a match looks at of a phase. `number` as written."""

    @property
    def title(self) -> str: ...
    @property
    def number(self) -> str | None: ...
    @property
    def labels(self) -> Collection[str]: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """A phase by what a match looks at."""

    title: str
    number: str | None = None
    labels: tuple[str, ...] = ()


class Match(Protocol):
    """Decides whether an entry is about a phase."""

    def fits(self, phase: Named) -> bool: ...


@dataclass(frozen=True)
class ByName:
    """By title or number, with or without the word: `Setup`, `2`, `Phase 2`, `Phase 2: Setup`; or by a glob on the title."""

    text: str

    def fits(self, phase: Named) -> bool:
        wanted = _plain(self.text)
        return any(wanted == _plain(name) for name in _names(phase)) or bool(self._glob.match(_plain(phase.title)))

    @cached_property
    def _glob(self) -> re.Pattern[str]:
        return re.compile(translate(_plain(self.text)))


@dataclass(frozen=True, slots=True)
class ByPattern:
    """By a regular expression that is found anywhere in the title, in any case."""

    pattern: re.Pattern[str]

    def fits(self, phase: Named) -> bool:
        return bool(self.pattern.search(phase.title))


@dataclass(frozen=True, slots=True)
class ByLabel:
    """By a label of the phase."""

    label: str

    def fits(self, phase: Named) -> bool:
        return _plain(self.label) in map(_plain, phase.labels)


def is_named(phase: Named, name: str) -> bool:
    """By title or number, with or without the word; also by its key, where it has one."""
    names = {*_names(phase), str(getattr(phase, "key", ""))}
    return _plain(name) in map(_plain, names)


def match_of(written: object) -> Match:
    """Raises PydanticCustomError `bad_match`."""
    match written:
        case bool():
            pass
        case int():
            return ByName(str(written))
        case WrittenFloat():
            return ByName(written.text)
        case str() if len(written) > 2 and written[0] == written[-1] == "/":
            return ByPattern(_compiled(written[1:-1]))
        case str() if written.strip():
            return ByName(written)
        case Mapping() if list(written) == ["label"] and isinstance(written["label"], str):
            return ByLabel(written["label"])
    raise PydanticCustomError(
        "bad_match", "has to be a title, a glob, a /pattern/, a number or {{label: name}}".format()
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise PydanticCustomError("bad_match", f"is no regular expression ({error})") from None


def _names(phase: Named) -> list[str]:
    if phase.number is None:
        return [phase.title]
    number, title = phase.number, phase.title
    return [title, number, f"phase {number}", f"{number}: {title}", f"phase {number}: {title}"]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


_schema: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "number"},
        {
            "type": "object",
            "properties": {"label": {"type": "string"}},
            "required": ["label"],
            "additionalProperties": False,
        },
    ],
    "description": "The phases meant: a title, a glob, a /pattern/, a number, or {label: name}.",
}
Matcher = Annotated[Any, BeforeValidator(match_of), WithJsonSchema(_schema)]
