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

from typing import Any

from services.planning.marks import plain
from services.planning.outline import Fence
from services.planning.reading import NOT_MINE, Document, Edge, Reading, Unit


def read(document: Document) -> Reading:
    """Certain if there is such a graph. A block that cannot be read is left to the other dialects, with a note."""
    for text, line in _sources(document):
        entries = _entries(text)
        if entries:
            return _reading(document, entries, line)
    return NOT_MINE


def _sources(document: Document) -> list[tuple[str, int]]:
    """The texts that may hold a graph, with the line each starts on."""
    found = [
        (block.text.removesuffix("```").removesuffix("~~~"), block.line)
        for block in document.outline.blocks
        if isinstance(block, Fence) and block.info.split(" ")[0] == "phasebot"
    ]
    front = document.outline.front_matter
    return [*found, (front, 1)] if "phases:" in front else found


def _entries(text: str) -> list[dict[str, Any]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):
        return []
    phases = loaded.get("phases") if isinstance(loaded, dict) else None
    entries = [entry for entry in phases if isinstance(entry, dict)] if isinstance(phases, list) else []
    return entries if all(entry.get("title") or entry.get("id") for entry in entries) else []


def _reading(document: Document, entries: list[dict[str, Any]], line: int) -> Reading:
    titles = [str(entry.get("title") or entry["id"]) for entry in entries]
    handles: dict[str, int] = {}
    for place, entry in enumerate(entries):
        for handle in (entry.get("id"), entry.get("number"), titles[place], place + 1):
            if handle is not None:
                handles.setdefault(str(handle).casefold(), place)
    units = tuple(_unit(document, entry, title, line) for entry, title in zip(entries, titles, strict=True))
    edges: list[Edge] = []
    for place, entry in enumerate(entries):
        needs = entry.get("depends_on") or []
        for need in needs if isinstance(needs, list) else [needs]:
            needed = handles.get(str(need).casefold())
            if needed is not None and needed != place:
                edges.append(Edge(place, needed, line))
    notes = tuple(
        f"unknown:{need}"
        for entry in entries
        for need in (entry["depends_on"] if isinstance(entry.get("depends_on"), list) else [])
        if str(need).casefold() not in handles
    )
    return Reading("graph", 1.0, units, tuple(edges), notes)


def _unit(document: Document, entry: dict[str, Any], title: str, line: int) -> Unit:
    number = str(entry["number"]) if entry.get("number") is not None else None
    wanted = {title.casefold(), str(entry.get("id", title)).casefold()}
    for index, mark in enumerate(document.marks):
        heading = plain(document.outline.sections[index].heading.text)
        if mark.title.casefold() in wanted or heading.casefold() in wanted:
            unit = document.unit(index)
            return Unit(
                number or unit.number, title, unit.kind, unit.line, unit.end_line, unit.first, unit.last, unit.done
            )
    return Unit(number, title, "phase", line, line, 0, 0, done=bool(entry.get("done")))
