"""Showing a policy: what counts for one phase, as it was written, and which part of the file says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.planning.policy.match import Named
from services.planning.policy.policy import Policy
from services.planning.policy.said import MERGED
from services.planning.policy.source import Path, Source, WrittenFloat, read_source


@dataclass(frozen=True, slots=True)
class Applied:
    """One key that counts for a phase. `line` 0: nothing is written of it, and the built-in default counts."""

    key: str
    value: object
    said_by: str
    line: int


def applied_to(policy: Policy, text: str, phase: Named) -> list[Applied]:
    """What is written for the phase, by key; and its executor, which follows from the operations where nothing says it."""
    source = read_source(text)
    told = list(_told(policy, source, phase))
    if not any(one.key == "executor" for one in told):
        told.append(Applied("executor", policy.rules_for(phase).executor, "follows from the operations", 0))
    return sorted(told, key=lambda one: one.key)


def _told(policy: Policy, source: Source, phase: Named) -> Iterator[Applied]:
    defaults = source.value.get("defaults") or {}
    for key, entry in policy.sources_for(phase).items():
        if entry is None:
            yield _applied(source, ("defaults", key), defaults[key], "defaults")
            continue
        place: Path = ("phases", policy.entries.index(entry), key)
        value = source.value["phases"][place[1]][key]
        is_both = key in MERGED and isinstance(value, Mapping) and isinstance(defaults.get(key), Mapping)
        yield _applied(source, place, {**defaults[key], **value} if is_both else value, f"the entry {entry.written}")


def _applied(source: Source, place: Path, value: Any, said_by: str) -> Applied:
    return Applied(str(place[-1]), _plain(value), said_by, source.place(place).line)


def _plain(value: Any) -> Any:
    match value:
        case WrittenFloat():
            return float(value)
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
    return value
