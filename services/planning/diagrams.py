"""Diagrams: the arrows people draw between phases — in one line, as Mermaid, as boxes and lines of characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.planning.names import Names
from services.planning.outline import Fence
from services.planning.references import find, leading
from services.planning.tracing import traced

_ARROW = re.compile(r"[-─═=]+[>►▶]|[→⟶⇒➜➔►▶]")
_OF_ORDER = re.compile(r"(?i:\b(?:order|sequence|phases|stages|milestones|sprints|steps|dependenc(?:y|ies))\b)")
_END = re.compile(r"[;,.](?=\s|\Z)")
_ARROW_HEADS = tuple(">►▶→⟶⇒➜➔")
_MERMAID_ARROW = re.compile(r"(?:-->|---|-\.->|==>)(?:\|[^|]*\|)?")
_MERMAID_NODE = re.compile(
    r"\s*(?P<id>[\w-]{1,40})\s*(?:[\[({]{1,2}[\[(]?\"?(?P<label>[^\]})\"]{1,200})\"?[\])}]{1,3})?"
)
_TREE = re.compile(r"[│|\s]*[├└]")
_CONNECTING = re.compile(r"[\s│|▼↓v┌┐└┘├┤┬┴┼─╭╮╰╯━┃]+\Z")
_DOWNWARD = re.compile(r"[│▼↓┌┐┴┬┼]")
_LONGEST_LINE = 1000
_MOST_LINES = 400
Pair = tuple[int, int]


def split_links(text: str) -> list[str]:
    """The parts of `A → B → C`; one part if there is no arrow."""
    for head in _ARROW_HEADS:  # a plain loop: every sentence is asked
        if head in text:
            return [part.strip() for part in _ARROW.split(text)]
    return [text]


def chained(links: Sequence[frozenset[int]]) -> Iterator[Pair]:
    """Each link needs the one before it: pairs of a unit and one that it needs."""
    for before, after in pairwise(links):
        for subject in after - before:
            for needed in before - after:
                yield subject, needed


def drawn(text: str, names: Names) -> tuple[str, Sequence[Pair]]:
    """What a line states that is nothing but `Phase 1 → Phase 2`, perhaps behind a colon; and the words before that.

    Titles need such words, since things flow too; and arrows against the document's order tell of something else.
    """
    head, colon, body = text.partition(": ")
    if not colon or _ARROW.search(head):
        head, body = "", text
    by_title = _OF_ORDER.search(head) is not None
    links = [_wholly(link, names, by_title=by_title) for link in split_links(_END.split(body, maxsplit=1)[0])]
    pairs = list(chained(links)) if all(links) else []
    return head, pairs if all(needed < subject for subject, needed in pairs) else ()


def _wholly(link: str, names: Names, *, by_title: bool) -> frozenset[int]:
    """The units that a text names, if it does nothing else: by their numbers, or one by its title."""
    found, end = leading(link, names)
    if end:
        return frozenset() if link[end:].strip() else found.units
    titled = names.words.get(link.casefold()) if by_title else None
    return frozenset() if titled is None else frozenset({titled})


def arrows(fence: Fence, names: Names) -> list[tuple[int, int, int]]:
    """The dependencies a drawing states: unit, needed unit, line."""
    lines = [line[:_LONGEST_LINE] for line in fence.text.split("\n")[:_MOST_LINES]]
    if fence.info.startswith("mermaid"):
        return list(_mermaid(lines, fence.line + 1, names))
    found = [
        (subject, needed, number)
        for number, line in enumerate(lines, start=fence.line + 1)
        for subject, needed in chained([find(part, names).units for part in split_links(line)])
    ]
    found += ((subject, needed, fence.line + 1 + row) for subject, needed, row in traced(lines, names))
    return found + list(_levels(lines, fence.line + 1, names))


def _mermaid(lines: Sequence[str], first: int, names: Names) -> Iterator[tuple[int, int, int]]:
    """`P1[Phase 1: Setup] --> P2`: a node is known by its label wherever its id stands."""
    nodes: dict[str, frozenset[int]] = {}
    for number, line in enumerate(lines, start=first):
        links: list[frozenset[int]] = []
        for part in _MERMAID_ARROW.split(line):
            node = _MERMAID_NODE.match(part)
            if node is None:
                break
            if node["label"]:
                nodes[node["id"]] = find(node["label"], names).units
            links.append(nodes.get(node["id"]) or find(node["id"], names).units)
        for subject, needed in chained(links):
            yield subject, needed, number


def _levels(lines: Sequence[str], first: int, names: Names) -> Iterator[tuple[int, int, int]]:
    """A drawing from top to bottom: what stands on a line needs what stands above it, if lines are drawn between them."""
    if any(_TREE.match(line) and find(line, names).units for line in lines):
        return
    above: frozenset[int] = frozenset()
    joined = False
    for number, line in enumerate(lines, start=first):
        links = [units for part in split_links(line) if (units := find(part, names).units)]
        if links:
            if joined:
                yield from ((subject, needed, number) for subject, needed in chained([above, links[0]]))
            above, joined = links[-1], False
        elif _CONNECTING.match(line) and line.strip():
            joined = joined or bool(_DOWNWARD.search(line))
        elif line.strip():
            above = frozenset()
