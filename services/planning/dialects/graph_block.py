"""Exact graphs: a fenced `phasebot` block or front matter that lists phases with ids and `depends_on`.

```yaml
phases:
  - id: schema
    title: Schema
  - id: api
    title: API
    depends_on: [schema]
```

A phase whose title or id a heading of the document repeats takes that section as its content.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.planning.outline import Fence
from services.planning.plain import plain
from services.planning.reading import NOT_MINE, Document, Edge, Reading, Unit

_LARGEST = 200_000


def read(document: Document) -> Reading:
    """Certain if there is such a graph. A block that cannot be read is left to the other dialects, with a note."""
    notes: list[str] = []
    for text, line in _sources(document):
        entries = _entries(text)
        if entries:
            return _reading(document, entries, _lines(text, line, len(entries)))
        if line > 1:  # front matter may speak of phases and mean something else
            notes.append(f"unreadable_graph:{line}")
    return replace(NOT_MINE, notes=tuple(notes))


def is_graph(fence: Fence) -> bool:
    return fence.info.split(" ")[0] == "phasebot"


def _sources(document: Document) -> list[tuple[str, int]]:
    """The texts that may hold a graph, with the line each starts on."""
    found = [
        (block.text, block.line) for block in document.outline.blocks if isinstance(block, Fence) and is_graph(block)
    ]
    front = document.outline.front_matter
    return [*found, (front, 1)] if "phases:" in front else found


def _entries(text: str) -> list[dict[str, Any]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if len(text) > _LARGEST:
        return []
    try:
        loaded = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):
        return []
    phases = loaded.get("phases") if isinstance(loaded, dict) else None
    entries = [entry for entry in phases if isinstance(entry, dict)] if isinstance(phases, list) else []
    return entries if all(_scalar(entry, "title") or _scalar(entry, "id") for entry in entries) else []


def _lines(text: str, line: int, count: int) -> list[int]:
    """The line of each of `count` phases; that of the whole, `line`, where aliases and merges leave it open."""
    from ruamel.yaml import YAML

    root = YAML(typ="safe", pure=True).compose(text)
    nodes = next((value.value for key, value in root.value if key.value == "phases"), ())
    starts = [node.start_mark.line for node in nodes if isinstance(node.value, list)]
    last = text.count("\n")
    return [line + 1 + min(start, last) for start in starts] if len(starts) == count else [line] * count


def _scalar(entry: dict[str, Any], name: str) -> str | None:
    """A value as text if it is one; lists and mappings are no titles."""
    value = entry.get(name)
    return str(value) if isinstance(value, str | int | float) else None


def _list(entry: dict[str, Any], name: str) -> list[str]:
    value = entry.get(name)
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [str(one) for one in values if isinstance(one, str | int | float)]


def _reading(document: Document, entries: list[dict[str, Any]], lines: list[int]) -> Reading:
    titles = [_scalar(entry, "title") or _scalar(entry, "id") or "" for entry in entries]
    handles = _handles(entries, titles)
    headings = _headings(document)
    units = tuple(
        _unit(document, entry, title, line, headings) for entry, title, line in zip(entries, titles, lines, strict=True)
    )
    edges: list[Edge] = []
    notes: list[str] = []
    for place, (entry, own) in enumerate(zip(entries, lines, strict=True)):
        for need in _list(entry, "depends_on"):
            needed = handles.get(need.casefold())
            if needed is None:
                notes.append(f"unknown_reference:{own}:{need}")
            else:
                edges.append(Edge(place, needed, own))
    return Reading("graph", 1.0, units, tuple(edges), tuple(notes))


def _handles(entries: list[dict[str, Any]], titles: list[str]) -> dict[str, int]:
    """What `depends_on` may say: an id, a number, a title."""
    handles: dict[str, int] = {}
    for name in ("id", "number", "title"):
        for place, entry in enumerate(entries):
            handle = titles[place] if name == "title" else _scalar(entry, name)
            if handle:
                handles.setdefault(handle.casefold(), place)
    return handles


def _headings(document: Document) -> dict[str, int]:
    """The sections of the document by their titles, with and without their numbers."""
    found: dict[str, int] = {}
    for index, mark in enumerate(document.marks):
        found.setdefault(mark.title.casefold(), index)
        found.setdefault(plain(document.outline.sections[index].heading.text).casefold(), index)
    return found


def _unit(document: Document, entry: dict[str, Any], title: str, line: int, headings: dict[str, int]) -> Unit:
    number, done = _scalar(entry, "number"), entry.get("done") is True
    for name in (title, _scalar(entry, "id") or title):
        index = headings.pop(name.casefold(), None)
        if index is not None:
            unit = document.unit(index)
            return replace(unit, number=number or unit.number, title=title, done=unit.done or done)
    return Unit(number, title, "phase", line, line, 0, 0, done=done)
