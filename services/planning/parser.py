"""The plan parser: text in, a draft out. Takes whatever people upload and never raises over its content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from services.domain.errors import PlanUnreadable
from services.planning import checks, dependencies, dialects
from services.planning.dialects import graph_block
from services.planning.documents import external_docs
from services.planning.draft import PhaseDraft, PlanDraft, TaskDraft
from services.planning.forms import answered, title_field, without_fields
from services.planning.markdown import read_outline
from services.planning.ordering import attach
from services.planning.outline import Fence, Heading, Item, Outline, Paragraph
from services.planning.plain import plain
from services.planning.reading import Document, Reading, Unit
from services.planning.status import says_done, split_status
from services.planning.tasks import Habits, habits, read_tasks, task_places

MAX_BYTES = 5 * 1024 * 1024
_MAX_PHASES = 20
_KEY_LENGTH = 60
_STATUS_BLOCKS = 5
_GOAL_PARAGRAPHS = 6
_GOAL = re.compile(
    r"\s*(?:\*\*|__)?(?:goal|purpose|objective|mission|ziel|objectif|objetivo|obiettivo|цель|mục tiêu|目標|目标|目的|목표)s?"
    r"(?:\*\*|__)?"
    r"\s*[:：](?:\*\*|__)?\s*(?P<goal>.+)",
    re.IGNORECASE,
)
_TITLE_LABEL = re.compile(
    r"(?:tasks?|implementation plan|plan|roadmap|work packages|task breakdown|tareas|tâches|aufgaben|задачи|план|"
    r"plan (?:de|d'|di|do|da) ?[\w']{1,30}|umsetzungsplan|feuille de route|hoja de ruta|piano di implementazione)"
    r"(?:\s*[:：]\s*|\s+[—–-]\s+)(?=\S)",
    re.IGNORECASE,
)
_GENERIC = re.compile(
    r"(?:implementation )?(?:plan|tasks?|todos?|roadmap)\Z|实现计划\Z|実装計画\Z|任务\Z", re.IGNORECASE
)
_NOT_A_KEY = re.compile(r"[^a-z0-9]+")


def decode(data: bytes, *, name: str, limit: int = MAX_BYTES) -> str:
    """The text of an uploaded file. Raises PlanUnreadable for what is no UTF-8 text, or more than `limit` bytes of it."""
    if len(data) > limit:
        raise PlanUnreadable(
            f"the file has more than the {limit:,} bytes that a plan may have",
            where=name,
            fix="Split the plan into several files.",
        )
    if b"\0" in data:
        raise PlanUnreadable("this is a binary file, not a text", where=name, fix="Upload a Markdown file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlanUnreadable(
            f"byte {error.start + 1} is not UTF-8", where=f"{name}:{line}", fix="Save the file as UTF-8."
        ) from None


def parse(text: str, *, name: str = "", max_phases: int = _MAX_PHASES) -> PlanDraft:
    """Read a document as a plan. Never raises: what is wrong with the document is among the findings."""
    document = Document(read_outline(text), name)
    reading = dialects.read(document)
    reading = replace(reading, units=without_fields(document.outline, reading.units))
    return _draft(document, reading, max_phases=max_phases)


def parse_single(text: str, *, name: str = "") -> PlanDraft:
    """Read the whole document as one phase."""
    document = Document(read_outline(text), name)
    outline = document.outline
    title = _title(document)
    unit = Unit(None, title, "document", 1, len(outline.lines), 0, len(outline.blocks), own_line=False)
    return _draft(document, Reading("single", 1.0, (unit,)), max_phases=1)


def _draft(document: Document, reading: Reading, *, max_phases: int) -> PlanDraft:
    outline, units = document.outline, reading.units
    habit = habits(outline, units)
    keys = phase_keys(units)
    phases = tuple(_phase(document, unit, key, habit) for unit, key in zip(units, keys, strict=True))
    needs = dependencies.resolve(document, reading, task_places(outline, units, phases))
    phases = attach(phases, needs)
    findings = checks.check(document, reading, phases, needs, max_phases=max_phases)
    return PlanDraft(
        title=_title(document),
        overview=_overview(document, units),
        dialect=reading.dialect,
        confidence=reading.confidence,
        has_phases=bool(units),
        phases=phases,
        findings=findings,
    )


def _phase(document: Document, unit: Unit, key: str, habit: Habits) -> PhaseDraft:
    outline = document.outline
    tasks = read_tasks(outline, unit, habit)
    first = unit.line + 1 if unit.own_line else unit.line
    named = document.references_in(unit.line, unit.end_line)
    return PhaseDraft(
        key=key,
        number=unit.number,
        title=unit.title,
        line=unit.line,
        end_line=unit.end_line,
        goal=_goal(outline, unit),
        content=answered(outline.text(first, unit.end_line)),
        done=unit.done or _is_reported_done(outline, unit) or (bool(tasks) and all(task.done for task in tasks)),
        parallel=False,
        tasks=tasks,
        depends_on=(),
        external_docs=external_docs(one for one in named if one.line >= first),
        labels=_labels(unit, tasks),
    )


def _is_reported_done(outline: Outline, unit: Unit) -> bool:
    """True if a line at the start of the phase gives its status as done."""
    for block in outline.blocks[unit.first : min(unit.last, unit.first + _STATUS_BLOCKS)]:
        if isinstance(block, Heading):
            return False
        if isinstance(block, Paragraph | Item) and any(says_done(line) for line in block.text.split("\n")):
            return True
    return False


def phase_keys(units: Sequence[Unit]) -> tuple[str, ...]:
    """Handles made of number and title: stable while these are, unique within the plan."""
    keys: dict[str, int] = {}
    found: list[str] = []
    for place, unit in enumerate(units, start=1):
        words = _NOT_A_KEY.sub("-", f"{unit.number or ''} {unit.title}".lower()).strip("-")[:_KEY_LENGTH].rstrip("-")
        base = words or f"{_NOT_A_KEY.sub('-', unit.kind.lower())}-{place}"
        key, copy = base, keys.get(base, 1)
        while key in keys:
            copy += 1
            key = f"{base}-{copy}"
        keys[base] = copy
        keys[key] = 1
        found.append(key)
    return tuple(found)


def _labels(unit: Unit, tasks: Sequence[TaskDraft]) -> tuple[str, ...]:
    """What else a phase is known by: its kind, and the stories its tasks belong to."""
    stories = (task.story.lower() for task in tasks if task.story)
    return tuple(dict.fromkeys((unit.kind.replace(" ", "-"), *stories)))


def _goal(outline: Outline, unit: Unit) -> str:
    """The sentence after `**Goal**:`, or the first paragraph of the phase."""
    blocks = outline.blocks[unit.first : unit.last]
    paragraphs = [*islice((block for block in blocks if isinstance(block, Paragraph)), _GOAL_PARAGRAPHS)]
    for paragraph in paragraphs:
        for line in paragraph.text.split("\n"):
            found = _GOAL.match(line)
            if found:
                return plain(found["goal"])
    return plain(paragraphs[0].text.replace("\n", " ")) if paragraphs else ""


def _title(document: Document) -> str:
    """The front matter's title, the first heading without its label, or the folder of a file whose title says nothing."""
    outline = document.outline
    for line in outline.front_matter.split("\n"):
        if line.startswith("title:") and line[6:].strip(" \"'"):
            return line[6:].strip(" \"'")
    field = title_field(outline)
    if field:
        return field
    first = next((block for block in outline.blocks if isinstance(block, Heading)), None)
    heading = split_status(plain(first.text))[0] if first else ""
    parts = [part for part in document.name.replace("\\", "/").split("/") if part]
    if first is not None and _is_alone(outline, first) and not (len(parts) > 1 and _GENERIC.match(heading)):
        return _TITLE_LABEL.sub("", heading, count=1) if _TITLE_LABEL.match(heading) else heading
    if len(parts) > 1:
        return parts[-2]
    return parts[0].rsplit(".", 1)[0] if parts else heading or "Plan"


def _is_alone(outline: Outline, first: Heading) -> bool:
    """A first heading above all others is the title, whatever its level; so is any first-level heading."""
    others = [block.level for block in outline.blocks if isinstance(block, Heading) and block is not first]
    return first.level == 1 or all(level > first.level for level in others)


def _overview(document: Document, units: Sequence[Unit]) -> str:
    """What the document says before its first phase, or the block that lists it, without its title."""
    outline = document.outline
    first = units[0].line if units else len(outline.lines) + 1
    lists = (block for block in outline.blocks if isinstance(block, Fence) and graph_block.is_graph(block))
    around = (one.line for one in lists if one.line <= first <= one.line + one.text.count("\n") + 1)
    end = next(around, first) - 1
    start = next((block.line + 1 for block in outline.blocks if isinstance(block, Heading) and block.level == 1), 1)
    if start > end:
        return ""
    skipped = outline.front_matter.count("\n") + 3 if outline.front_matter and start == 1 else start
    return answered(outline.text(skipped, end)).strip()
