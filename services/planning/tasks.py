"""Tasks: which lines of a phase are units of work, with their ids, marks, stories and the files they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.planning.draft import PhaseDraft, TaskDraft
from services.planning.outline import Block, Heading, Item, Outline, Paragraph, Row
from services.planning.plain import plain
from services.planning.reading import Unit

_ID = re.compile(
    r"(?:\*\*|__|`)?(?P<id>[A-Z]{1,5}-?\d{1,4}(?:[.-]\d{1,3}){0,3}[a-z]?(?:-[A-Z])?|[A-Z0-9]{1,3}-T\d{1,3}[a-z]?|\d{1,3}(?:\.\d{1,3}){1,3})"
    r"(?:\*\*|__|`)?(?:[.):\]]|\*\*)*(?=\s|$|[—–:-])\s*[—–:-]?\s*"
)
_NUMBERED = re.compile(r"(?P<id>\d{1,3})[.)]\s+")
_FLAG = re.compile(r"\s*\[(?P<flag>P|US ?-?\d+(?:[,/+& ]+US ?-?\d+)*|Story ?\d+)\]\s*", re.IGNORECASE)
_FARTHEST = 200
_TASK_HEADING = re.compile(
    r"(?:Task\s+)?(?P<id>(?:[A-Z]{1,2}-)?T-?\d{1,4}[a-z]?)\b|(?i:task|aufgabe|tâche|tarea|задача|任务|タスク)\s*(?P<number>\d+(?:\.\d+)*)\b"
)
_STORY_HEADING = re.compile(r"(?i:(?:user )?story)\s+(?P<number>\d+\.\d+)\b")
_ID_FIELD = re.compile(
    r"(?:\*\*|__)?(?:Task )?ID(?:\*\*|__)?\s*:(?:\*\*|__)?\s*`?(?P<id>T-?\d{1,4}[a-z]?)\b", re.IGNORECASE
)
_PARENT = re.compile(r"(?:\*\*)?(?:Task|Aufgabe|Tâche|Tarea)(?:\*\*)?\s*:", re.IGNORECASE)
_ROW_ID = re.compile(r"(?:\*\*|`)?[A-Z]{1,4}-?\d{1,3}(?:[.-]\d{1,3})*[a-z]?(?:\*\*|`)?\Z|\d{1,2}\.\d{1,2}\Z")


class Habits(NamedTuple):
    """How this document writes its tasks, which decides what counts as one."""

    boxed_ids: bool
    task_headings: bool


def habits(outline: Outline, units: Sequence[Unit]) -> Habits:
    """Look at all phases at once: one phase alone does not show a habit."""
    boxed_ids = False
    several = False
    for unit in units:
        blocks = outline.blocks[unit.first : unit.last]
        boxed_ids = boxed_ids or any(block.__class__ is Item and block.box and _task_id(block.text) for block in blocks)
        several = several or sum(block.__class__ is Heading and _is_task_heading(block) for block in blocks) > 1
    return Habits(boxed_ids, several)


def read_tasks(outline: Outline, unit: Unit, habit: Habits) -> tuple[TaskDraft, ...]:
    """The tasks of a unit: task headings over checkboxes over table rows with ids over bare ordered items."""
    blocks = outline.blocks[unit.first : unit.last]
    if habit.task_headings:
        headed = tuple(_headed(blocks))
        if headed:
            return headed
    boxed = tuple(_boxed(blocks))
    if boxed:
        return boxed
    rows = tuple(_rows(blocks))
    return rows or tuple(_listed(blocks, habit))


def task_places(outline: Outline, units: Sequence[Unit], phases: Sequence[PhaseDraft]) -> dict[str, int]:
    """Which unit holds the task of an id, by the digits of the id. An id used twice belongs to the first."""
    places: dict[str, int] = {}
    for place, (unit, phase) in enumerate(zip(units, phases, strict=True)):
        ids = [task.id or "" for task in phase.tasks]
        for block in outline.blocks[unit.first : unit.last]:
            if block.__class__ is Heading:
                words = plain(block.text)
                match, story = _TASK_HEADING.match(words), _STORY_HEADING.match(words)
                ids.append((match["id"] or match["number"]) if match else story["number"] if story else "")
            elif block.__class__ is Paragraph and (field := _ID_FIELD.match(block.text)):
                ids.append(field["id"])
        for identity in ids:
            digits = identity.lstrip("T-").lstrip("0")
            if digits[:1].isdigit():
                places.setdefault(digits, place)
    return places


def is_about_a_task(blocks: Sequence[Block], place: int) -> bool:
    """True if the block stands below a task's checkbox, or under a heading that is a task."""
    block = blocks[place]
    depth = block.depth if isinstance(block, Item) else 0
    for index in range(place - 1, max(0, place - _FARTHEST) - 1, -1):
        above = blocks[index]
        if isinstance(above, Heading):
            return _is_task_heading(above)
        if depth and isinstance(above, Item) and above.depth < depth:
            if above.box:
                return True
            depth = above.depth
    return False


def _is_task_heading(heading: Heading) -> bool:
    return _TASK_HEADING.match(plain(heading.text)) is not None


def _headed(blocks: Sequence[Block]) -> Iterator[TaskDraft]:
    """Headings that are tasks; their checkboxes are steps, and all of them ticked means done. Others count as ever."""
    heads = [index for index, block in enumerate(blocks) if isinstance(block, Heading) and _is_task_heading(block)]
    if heads:
        yield from _boxed(blocks[: heads[0]])
    for place, index in enumerate(heads):
        end = heads[place + 1] if place + 1 < len(heads) else len(blocks)
        steps = [block for block in blocks[index + 1 : end] if isinstance(block, Item) and block.box]
        heading = blocks[index]
        assert isinstance(heading, Heading)
        done = bool(steps) and all(step.done for step in steps)
        yield _task(plain(heading.text), done=done or "✅" in heading.text, line=heading.line, depth=0)


def _boxed(blocks: Sequence[Block]) -> Iterator[TaskDraft]:
    """Checkboxes, except the steps of a task that has an id or calls itself one."""
    owner: int | None = None
    items = [block for block in blocks if block.__class__ is Item and block.box]
    parents = any(_PARENT.match(item.text) for item in items)
    for item in items:
        assert isinstance(item, Item)
        if owner is not None and item.depth <= owner:
            owner = None
        task = _task(item.text, done=item.done, line=item.line, depth=item.depth)
        titled = bool(_PARENT.match(item.text)) if parents else task.id is not None
        if owner is None or titled:
            yield task
        if titled:
            owner = item.depth


def _rows(blocks: Sequence[Block]) -> Iterator[TaskDraft]:
    for block in blocks:
        if isinstance(block, Row) and not block.is_head and len(block.cells) > 1 and _ROW_ID.match(block.cells[0]):
            done = any("✅" in cell or "☑" in cell for cell in block.cells)
            yield _task(" ".join(block.cells[:2]), done=done, line=block.line, depth=0)


def _listed(blocks: Sequence[Block], habit: Habits) -> Iterator[TaskDraft]:
    """Items without a checkbox: tasks if each has an id of its own, or if the phase is nothing but an ordered list."""
    top = [block for block in blocks if isinstance(block, Item) and block.depth == 0]
    ordered = bool(top) and all(item.number for item in top) and all(isinstance(block, Item) for block in blocks)
    with_id = not habit.boxed_ids and bool(top) and all(_task_id(item.text) for item in top)
    if ordered or with_id:
        for item in top:
            yield _task(item.text, done="✅" in item.text, line=item.line, depth=0)


def _task_id(text: str) -> str | None:
    match = _ID.match(text) or _NUMBERED.match(text)
    return match["id"] if match else None


def _task(text: str, *, done: bool, line: int, depth: int) -> TaskDraft:
    """Take the id and the flags off the front of a task's text."""
    text = text.strip()
    match = _ID.match(text) or _NUMBERED.match(text)
    identity = match["id"] if match else None
    rest = text[match.end() :] if match else text
    parallel, story = False, None
    while "[" in rest[:2] and (flag := _FLAG.match(rest)):
        if flag["flag"].upper() == "P":
            parallel = True
        else:
            story = flag["flag"].upper().replace(" ", "")
        rest = rest[flag.end() :]
    return TaskDraft(identity, rest.strip() or text, done, parallel, story, line, depth)
