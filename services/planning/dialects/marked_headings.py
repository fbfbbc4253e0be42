"""Plans whose headings name their units: phases, stages, milestones, sprints, weeks, work packages, steps, releases."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from services.planning.marks import Mark
from services.planning.outline import Item, Section
from services.planning.reading import NOT_MINE, Document, Reading, Unit, direct_end
from services.planning.words import ACTION, GROUNDWORK, MANUAL, PLAN, PLANNED, SOMETHING_ELSE, is_work

_WEIGHT = {
    "work package": 1.2,
    "phase": 1.0,
    "milestone": 0.95,
    "stage": 0.95,
    "sprint": 0.95,
    "iteration": 0.9,
    "wave": 0.85,
    "week": 0.7,
    "month": 0.7,
    "epic": 0.7,
    "step": 0.7,
    "release": 0.65,
    "part": 0.65,
    "story": 0.65,
    "task": 0.5,
}
_CERTAIN = frozenset({"work package", "phase", "milestone", "stage", "sprint", "iteration", "wave"})
"""Kinds that nobody uses for anything but units of work; the others need a document that looks like a plan."""

_ALSO_TOLD = frozenset({"phase", "stage"})
"""Of these, what happens by itself has some too: a compiler, a protocol, a way of working."""
_SEVERAL = 2
_MOST_CLUSTERS = 200
_LETTERED = re.compile(r"[PS]\d+\Z")
_NAMED_PHASE = re.compile(r"\w\s+phase\s*(?:[(（][^()（）]*[)）])?\Z", re.IGNORECASE)
"""`Pre-Implementation Phase (Week 0)`: a phase that has a name for its number."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Headings of one kind that go together: indices of sections, in document order."""

    kind: str
    members: tuple[int, ...]
    boxes: int
    loose: bool

    @property
    def weight(self) -> float:
        """Kind first, then how often it is used, then whether it holds tasks."""
        return _WEIGHT[self.kind] * (1.0 - 0.5 ** len(self.members)) + (0.03 if self.boxes else 0.0)


def read(document: Document) -> Reading:
    """Take the highest kind of heading that is used consistently for work."""
    groups = _groups(document)
    if not groups:
        return NOT_MINE
    best = _outermost(document, max(groups, key=lambda group: (group.weight, len(group.members))), groups)
    confidence = _confidence(document, best)
    if confidence == 0.0:
        told = best.kind in _ALSO_TOLD and len(best.members) >= _SEVERAL
        line = document.outline.sections[best.members[0]].heading.line
        return replace(NOT_MINE, notes=(f"explanation:{line}",)) if told else NOT_MINE
    members = _with_siblings(document, best)
    holders = {document.outline.sections[index].parent for index in members}
    units = _filled(document, _without_repeats([_unit(document, index, holders) for index in members]))
    return Reading(
        "phase-headings" if best.kind == "phase" else f"{best.kind.replace(' ', '-')}-headings", confidence, units
    )


def _unit(document: Document, index: int, holders: Set[int | None]) -> Unit:
    """The section as a unit; one that holds others ends where the first of them begins."""
    unit = document.unit(index, last=direct_end(document, index) if index in holders else None)
    mark = document.marks[index]
    return unit if mark.kind else replace(unit, number=None)


def _filled(document: Document, units: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """Where every unit is a bare heading, with its tasks under further headings of the same level, it takes those in."""
    if any(unit.first < unit.last for unit in units):
        return units
    blocks, count = document.outline.blocks, len(document.outline.lines)
    ends = [unit.first - 1 for unit in units[1:]] + [len(blocks)]
    return tuple(
        replace(unit, last=end, end_line=blocks[end].line - 1 if end < len(blocks) else count)
        for unit, end in zip(units, ends, strict=True)
    )


def _groups(document: Document) -> list[_Group]:
    """Marked headings, gathered by kind, level and parent; groups that only continue one another are joined."""
    sections, marks = document.outline.sections, document.marks
    gathered: dict[tuple[str, int, int | None], list[int]] = {}
    for index, mark in enumerate(marks):
        if mark.kind and index != document.title_section:
            gathered.setdefault((mark.kind, sections[index].heading.level, sections[index].parent), []).append(index)
    clusters = [cluster for members in gathered.values() if (cluster := _worthy(document, members))]
    return [_group(document, members) for members in _joined(clusters, marks)]


def _worthy(document: Document, members: list[int]) -> list[int]:
    """The members that open work. A loose mark (`Phase 2 goals`) counts only where it holds tasks, or all are loose."""
    marks, sections = document.marks, document.outline.sections
    firm = [index for index in members if not marks[index].loose]
    if not _count_up([marks[index].number for index in members]):
        return []
    if not firm:
        spread = {marks[index].number for index in members}
        work = [index for index in members if is_work(sections[index].heading.text)]
        return members if len(spread) >= 2 and len(work) == len(members) else []
    return [
        index
        for index in members
        if not marks[index].loose
        or (is_work(marks[index].title) and document.checkboxes(sections[index].first, sections[index].last))
    ]


def _count_up(numbers: Sequence[str]) -> bool:
    """False for letters with numbers in any order: those are findings or questions, and no parts of a plan."""
    lettered = [number for number in numbers if _LETTERED.match(number)]
    first = int(lettered[0][1:]) if lettered else 0
    return first <= 1 and lettered == [f"{lettered[0][0]}{first + place}" for place in range(len(lettered))]


def _joined(clusters: list[list[int]], marks: Sequence[Mark]) -> list[list[int]]:
    """Join clusters of one kind with no number in common: phases under several parents, or at two levels by mistake."""
    joined: list[tuple[str, set[str], list[int]]] = []
    for cluster in sorted(clusters, key=len, reverse=True)[:_MOST_CLUSTERS]:
        kind, numbers = marks[cluster[0]].kind, {marks[index].number for index in cluster}
        home = next((one for one in joined if one[0] == kind and not numbers & one[1]), None)
        if home is None:
            joined.append((kind, numbers, list(cluster)))
        else:
            home[1].update(numbers)
            home[2].extend(cluster)
    return [sorted(members) for _, _, members in joined]


def _group(document: Document, members: list[int]) -> _Group:
    sections = document.outline.sections
    members = _without_nested(sections, members)
    boxes = sum(document.checkboxes(sections[index].first, sections[index].last) for index in members)
    loose = all(document.marks[index].loose for index in members)
    return _Group(document.marks[members[0]].kind, tuple(members), boxes, loose)


def _without_nested(sections: Sequence[Section], members: list[int]) -> list[int]:
    """Drop what lies inside another member: `Phase 1.1` within `Phase 1`."""
    kept: list[int] = []
    end = -1
    for index in members:
        if sections[index].first > end:
            kept.append(index)
            end = sections[index].last
    return kept


def _outermost(document: Document, best: _Group, groups: list[_Group]) -> _Group:
    """The units that contain the best ones. Work packages are units wherever they stand."""
    if best.kind == "work package":
        return best
    for group in groups:
        if group is not best and len(group.members) >= _SEVERAL and _contains(document, group, best):
            return group
    return best


def _contains(document: Document, outer: _Group, inner: _Group) -> bool:
    """True if most of `inner` lies in `outer`; in several of its members, if `outer` is of a kind used for other things."""
    sections = document.outline.sections
    firsts = [sections[index].first for index in outer.members]
    homes = [bisect_right(firsts, sections[index].first) - 1 for index in inner.members]
    inside = [
        home
        for home, index in zip(homes, inner.members, strict=True)
        if home >= 0 and sections[index].first <= sections[outer.members[home]].last
    ]
    enough = 1 if outer.kind in _CERTAIN else _SEVERAL
    return len(inside) * 2 > len(homes) and len(set(inside)) >= enough


def _confidence(document: Document, group: _Group) -> float:
    count = len(group.members)
    if count < 2 and not (group.kind in _CERTAIN and _is_alone(document, group)):
        return 0.0
    if _is_something_else(document, group):
        return 0.0
    if count < 2 and group.kind != "phase":
        return 0.4
    return round(min(0.98, _WEIGHT[group.kind] * (0.75 if group.loose else 0.9) + 0.02 * min(count, 4)), 2)


def _is_something_else(document: Document, group: _Group) -> bool:
    """The parts of an explanation: steps of a guide, phases of a protocol. What speaks of work is work all the same."""
    sections = document.outline.sections
    explains = document.calls_itself(SOMETHING_ELSE) or _is_in_a_manual(document, group)
    if group.kind not in _CERTAIN:
        held = [document.checkboxes(sections[index].first, sections[index].last) > 0 for index in group.members]
        return not _looks_like_a_plan(document, group) and not (all(held) if explains else any(held))
    if group.kind not in _ALSO_TOLD or not explains or group.boxes or document.calls_itself(ACTION):
        return False
    texts = (document.outline.text(sections[index].heading.line, sections[index].end_line) for index in group.members)
    return not any(PLANNED.search(text) for text in texts)


def _is_in_a_manual(document: Document, group: _Group) -> bool:
    """True if nothing around the members speaks of a plan, and a section beside them is one of a manual."""
    return not _looks_like_a_plan(document, group) and any(
        MANUAL.match(section.heading.text) for section in document.outline.sections
    )


def _is_alone(document: Document, group: _Group) -> bool:
    """A single phase is a plan if it holds tasks or stands right under the title."""
    section = document.outline.sections[group.members[0]]
    return not group.loose and (group.boxes > 0 or section.heading.level <= 2)


def _looks_like_a_plan(document: Document, group: _Group) -> bool:
    sections = document.outline.sections
    around = {text for index in document.ancestors(group.members[0]) if (text := sections[index].heading.text)}
    around.add(sections[0].heading.text)
    return any(PLAN.search(text) for text in around)


def _with_siblings(document: Document, group: _Group) -> list[int]:
    """The members, and the unmarked sections beside them that are work too: `Preconditions`, `Housekeeping`."""
    sections = document.outline.sections
    parents = {(sections[index].parent, sections[index].heading.level) for index in group.members}
    first, taken = group.members[0], set(group.members)
    holding = {above for index in group.members for above in document.ancestors(index)}
    beside = [
        index
        for index, section in enumerate(sections)
        if index not in taken
        and (section.parent, section.heading.level) in parents
        and not document.marks[index].kind
        and index not in holding
        and _is_work_beside(document, group, index, before=index < first)
    ]
    return sorted([*group.members, *beside, *_around(document, group)])


def _is_work_beside(document: Document, group: _Group, index: int, *, before: bool) -> bool:
    section, mark = document.outline.sections[index], document.marks[index]
    if not is_work(mark.title):
        return False
    if _NAMED_PHASE.search(mark.title) and group.kind == "phase":
        return True
    groundwork = bool(GROUNDWORK.search(mark.title))
    if document.checkboxes(section.first, section.last) and group.boxes:
        return groundwork or not before
    return groundwork and before and bool(mark.status) and section.parent is not None


def _around(document: Document, group: _Group) -> list[int]:
    """The section around all members, if it holds tasks of its own before the first of them."""
    parents = {document.outline.sections[index].parent for index in group.members}
    return [
        parent
        for parent in parents
        if parent is not None and len(parents) == 1 and group.kind == "release" and _own_tasks(document, parent) >= 2
    ]


def _own_tasks(document: Document, index: int) -> int:
    section = document.outline.sections[index]
    return sum(
        isinstance(block, Item) and block.box != ""
        for block in document.outline.blocks[section.first : direct_end(document, index)]
    )


def _without_repeats(units: list[Unit]) -> tuple[Unit, ...]:
    """A phase that is named twice is one phase: the fuller of the two stays."""
    kept: dict[str, list[Unit]] = {}
    for unit in units:
        namesakes = kept.setdefault(unit.number or f"line {unit.line}", [])
        twin = next((other for other in namesakes[:_SEVERAL] if _is_same(unit, other)), None)
        if twin is None:
            namesakes.append(unit)
        elif unit.last - unit.first > twin.last - twin.first:
            namesakes[namesakes.index(twin)] = unit
    return tuple(sorted((unit for units in kept.values() for unit in units), key=lambda unit: unit.line))


def _is_same(one: Unit, other: Unit) -> bool:
    short, long = sorted((one.title.casefold(), other.title.casefold()), key=len)
    return long.startswith(short) and not long[len(short) : len(short) + 1].isalnum()
