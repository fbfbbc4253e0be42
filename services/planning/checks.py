"""Checks: what is worth saying about a plan before anybody publishes it, each with its place and the way to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from services.domain.findings import Finding
from services.planning.columns import column_of, occurrences
from services.planning.dialects import MOST_HEADINGS
from services.planning.documents import refused_docs
from services.planning.draft import PhaseDraft
from services.planning.marks import Mark, read_unit
from services.planning.needs import Needs
from services.planning.numerals import value_of
from services.planning.outline import Block, Item, Outline
from services.planning.reading import Document, Reading
from services.planning.rules import BY_CODE

LONGEST_TITLE = 240
LONGEST_BODY = 60_000
_DOUBT = 0.6
_MOST_CIRCLES = 20
_SAID = 80
_NEAR = 24
_SAID_DONE = re.compile(
    r"\W{0,3}[(（][^)）]*\b(?:done|complete[d]?|finished|shipped|merged|fertig|erledigt|完了|完成)\b|\W{0,4}[✅✔☑]",
    re.IGNORECASE,
)
_TITLE_SAYS_ALL = frozenset({"kiro", "listed-phases", "status-report", "graph"})
"""Dialects in which a phase may be one line and nothing else."""


def check(
    document: Document, reading: Reading, phases: Sequence[PhaseDraft], needs: Needs, *, max_phases: int
) -> tuple[Finding, ...]:
    """Everything at once, in the order of the document."""
    outline = document.outline
    found = [
        *_about_the_reading(outline.lines, reading, phases, max_phases),
        *_numbers(outline.lines, phases),
        *_unknown(outline, phases, needs),
        *_graph(outline.lines, phases),
        *(
            finding
            for phase in phases
            for finding in _phase(outline.lines, phase, may_be_empty=reading.dialect in _TITLE_SAYS_ALL)
        ),
        *(finding for phase in phases for finding in _refused(document, phase)),
        *_tasks(outline.lines, phases),
    ]
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.column, finding.code)))


def _place(lines: Sequence[str], line: int, *words: str | None) -> tuple[int, int]:
    """A line, and where in it the first of these words stands that it holds."""
    return line, column_of(lines[line - 1], *words)


def _about_the_reading(
    lines: Sequence[str], reading: Reading, phases: Sequence[PhaseDraft], max_phases: int
) -> Iterator[Finding]:
    for note in reading.notes:
        code, _, rest = note.partition(":")
        line, _, number = rest.partition(":")
        place = _place(lines, int(line), number) if line else (1, 1)
        yield BY_CODE[code].at(*place, number=number, limit=MOST_HEADINGS)
    if not phases and not reading.notes:
        yield BY_CODE["no_phases"].at(1)
    if phases and reading.confidence < _DOUBT:
        kinds = reading.dialect.replace("-", " ")
        place = _place(lines, phases[0].line)
        yield BY_CODE["low_confidence"].at(*place, kinds=kinds, confidence=f"{reading.confidence:.2f}")
    if len(phases) > max_phases:
        place = _place(lines, phases[max_phases].line)
        yield BY_CODE["too_many_phases"].at(*place, count=len(phases), limit=max_phases)


def _numbers(lines: Sequence[str], phases: Sequence[PhaseDraft]) -> Iterator[Finding]:
    """Numbers used twice, and whole numbers left out."""
    first: dict[str, int] = {}
    previous: int | None = None
    for phase in phases:
        if phase.number is None:
            continue
        if phase.number in first:
            place = _place(lines, phase.line, phase.number)
            yield BY_CODE["duplicate_number"].at(*place, number=phase.number, first=first[phase.number])
        first.setdefault(phase.number, phase.line)
        whole = int(phase.number) if phase.number.isdecimal() else None
        if whole is not None and previous is not None and whole > previous + 1:
            yield BY_CODE["number_gap"].at(*_place(lines, phase.line, phase.number), before=previous, after=whole)
        previous = whole


def _unknown(outline: Outline, phases: Sequence[PhaseDraft], needs: Needs) -> Iterator[Finding]:
    """Phases that are named as needed and are not here: those of an earlier plan are taken as done, others are mistakes."""
    if not needs.unknown:
        return
    here = [value for phase in phases if phase.number and (value := value_of(phase.number))]
    named = {number for _, number in needs.unknown}
    done = {mark.number for mark in map(_mark_if_done, _items_naming(named, outline.blocks)) if mark}
    for line, number in needs.unknown:
        value = value_of(number)
        before_all = value is not None and bool(here) and value < min(here)
        earlier = before_all or number in done or _is_said_done(outline.lines[line - 1], number)
        place = _place(outline.lines, line, number)
        yield BY_CODE["earlier_reference" if earlier else "unknown_reference"].at(*place, number=number)


def _items_naming(numbers: Set[str], blocks: Sequence[Block]) -> Iterator[Item]:
    """The list items that hold one of the numbers near their beginning."""
    for block in blocks:
        if isinstance(block, Item) and any(number in block.text[:_NEAR] for number in numbers):
            yield block


def _mark_if_done(item: Item) -> Mark | None:
    """The mark of a list item that names a finished phase: `- [x] Phase 3: Queue`."""
    mark = read_unit(item.text)
    return mark if mark and (item.done or mark.done) else None


def _is_said_done(line: str, number: str) -> bool:
    """`Phase 3 (shipped in v1.0)`, `Phase 3 ✅`: said right behind the number."""
    tails = (line[at + len(number) :][:_SAID] for at in occurrences(line, number))
    return any(_SAID_DONE.match(tail) for tail in tails)


def _graph(lines: Sequence[str], phases: Sequence[PhaseDraft]) -> Iterator[Finding]:
    place = {phase.key: index for index, phase in enumerate(phases)}
    for index, phase in enumerate(phases):
        for dependency in phase.depends_on:
            if place[dependency.key] > index:
                needed = phases[place[dependency.key]]
                where = _place(lines, dependency.line, needed.title, needed.number)
                yield BY_CODE["later_dependency"].at(*where, phase=_name(phase), needed=_name(needed))
    for circle in cycles(phases):
        names = " → ".join(_name(phases[place[key]]) for key in (*circle, circle[0]))
        yield BY_CODE["cycle"].at(*_place(lines, phases[place[circle[0]]].line), phases=names)


def cycles(phases: Sequence[PhaseDraft]) -> list[tuple[str, ...]]:
    """The circles among the dependencies, each once, and no more of them than a person wants to read."""
    waiting = _peeled({phase.key: {dependency.key for dependency in phase.depends_on} for phase in phases})
    found: list[tuple[str, ...]] = []
    while waiting and len(found) < _MOST_CIRCLES:
        circle = _circle(waiting)
        found.append(circle)
        waiting = _peeled({key: needed for key, needed in waiting.items() if key not in circle})
    return found


def _peeled(needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left when all that waits for nothing is taken away, again and again."""
    left = {key: needed & needs.keys() for key, needed in needs.items()}
    count = {key: len(needed) for key, needed in left.items()}
    dependents: dict[str, list[str]] = {}
    for key, needed in left.items():
        for one in needed:
            dependents.setdefault(one, []).append(key)
    free = [key for key, number in count.items() if not number]
    while free:
        key = free.pop()
        del left[key]
        for dependent in dependents.get(key, ()):
            count[dependent] -= 1
            if not count[dependent]:
                free.append(dependent)
    return left


def _circle(waiting: dict[str, set[str]]) -> tuple[str, ...]:
    """Follow the needs of what is left until a phase comes round again."""
    trail: dict[str, None] = {}
    key = next(iter(waiting))
    while key not in trail:
        trail[key] = None
        key = next(iter(sorted(waiting[key] & waiting.keys())))
    seen = list(trail)
    return tuple(seen[seen.index(key) :])


def _phase(lines: Sequence[str], phase: PhaseDraft, *, may_be_empty: bool) -> Iterator[Finding]:
    here = _place(lines, phase.line)
    if len(phase.title) > LONGEST_TITLE:
        yield BY_CODE["long_title"].at(
            *_place(lines, phase.line, phase.title), count=len(phase.title), limit=LONGEST_TITLE
        )
    if len(phase.content) > LONGEST_BODY:
        yield BY_CODE["oversize_phase"].at(*here, phase=_name(phase), count=len(phase.content), limit=LONGEST_BODY)
    if not may_be_empty and not phase.tasks and not phase.content.strip(" \n-*_"):
        yield BY_CODE["empty_phase"].at(*here, phase=_name(phase))
    left = sum(not task.done for task in phase.tasks)
    if phase.done and left:
        yield BY_CODE["done_but_open"].at(*here, phase=_name(phase), count=left)


def _refused(document: Document, phase: PhaseDraft) -> Iterator[Finding]:
    for line, column, path in refused_docs(document.references_in(phase.line, phase.end_line)):
        yield BY_CODE["path_refused"].at(line, column, path=path)


def _tasks(lines: Sequence[str], phases: Sequence[PhaseDraft]) -> Iterator[Finding]:
    """Task ids used twice. Bare numbers are counted anew in each phase by many, and are no ids in that sense."""
    first: dict[str, int] = {}
    for phase in phases:
        for task in phase.tasks:
            if task.id and not task.id[0].isdecimal():
                if task.id in first:
                    place = _place(lines, task.line, task.id)
                    yield BY_CODE["duplicate_task"].at(*place, id=task.id, first=first[task.id])
                first.setdefault(task.id, task.line)


def _name(phase: PhaseDraft) -> str:
    return f"{phase.number} {phase.title}" if phase.number and phase.number != phase.title else phase.title
