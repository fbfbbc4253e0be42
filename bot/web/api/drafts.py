"""Drafts over HTTP: a request in words or as phases becomes a draft, and one that is no use is refused with all findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.web.api.inputs import Words
from bot.web.failures import Problem
from services.domain.findings import Finding, Severity, has_errors
from services.planning import parser
from services.planning.checks import cycles
from services.planning.draft import DependencyDraft, PhaseDraft, PlanDraft
from services.planning.reading import Unit
from services.planning.rules import BY_CODE

MOST_PHASES = 20
_LONGEST_TITLE = 80


def _inside(path: str) -> str:
    """The path of a document, if it stays in the repository."""
    if path.startswith(("/", "~")) or {"\\", ":", "\0"} & set(path) or ".." in path.split("/"):
        raise ValueError("has to be a path inside the repository")
    return path


_INSIDE = r"^(?![/~])(?!(.*/)?\.\.(/|$))[^\\:\x00]*$"
"""The same for those who read the description."""

Document = Annotated[
    str, Field(min_length=1, max_length=300, json_schema_extra={"pattern": _INSIDE}), AfterValidator(_inside)
]


class PhaseText(BaseModel):
    """One phase of a request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int = Field(ge=0, le=100_000)
    title: Words = Field(min_length=1, max_length=1000)
    content: Words = Field("", max_length=1_000_000, description="Markdown")
    external_docs: list[Document] = Field([], alias="externalDocs", max_length=100)
    depends_on: list[int] | None = Field(
        None, alias="dependsOn", max_length=1000, description="Numbers of phases; without it: the phase before"
    )


def draft_in_words(text: str, title: str) -> PlanDraft:
    """A text with phases is a plan; any other is one phase, called by its first words where it has no heading."""
    draft = parser.parse(text)
    if draft.has_phases:
        return replace(draft, title=title or draft.title)
    single = parser.parse_single(text)
    called = title or (single.title if text.lstrip().startswith("#") else _first_words(text))
    return replace(single, title=called, phases=tuple(replace(phase, title=called) for phase in single.phases))


def draft_of_phases(phases: Sequence[PhaseText], title: str, overview: str) -> PlanDraft:
    """In the order of their numbers. A finding's `line` is the place of the phase in that order, from 1."""
    ordered = sorted(phases, key=lambda phase: phase.number)
    drafts = _phases(ordered)
    return PlanDraft(
        title=title or _first_words(overview) or ordered[0].title,
        overview=overview,
        dialect="request",
        confidence=1.0,
        has_phases=True,
        phases=drafts,
        findings=tuple(_problems(ordered, drafts)),
    )


def _phases(ordered: Sequence[PhaseText]) -> tuple[PhaseDraft, ...]:
    keys = parser.phase_keys([_unit(phase, place) for place, phase in enumerate(ordered, 1)])
    key_of = {phase.number: key for phase, key in zip(ordered, keys, strict=True)}
    drafts = []
    for place, phase in enumerate(ordered):
        stated = _needs(phase, place + 1, key_of)
        by_order = (DependencyDraft(keys[place - 1], "order", place + 1),) if place else ()
        drafts.append(_phase(phase, keys[place], place + 1, by_order if phase.depends_on is None else stated))
    return tuple(drafts)


def _unit(phase: PhaseText, place: int) -> Unit:
    return Unit(str(phase.number), phase.title, "phase", line=place, end_line=place, first=0, last=0)


def _needs(phase: PhaseText, place: int, key_of: dict[int, str]) -> tuple[DependencyDraft, ...]:
    numbers = dict.fromkeys(phase.depends_on or ())
    return tuple(DependencyDraft(key_of[number], "stated", place) for number in numbers if number in key_of)


def _problems(ordered: Sequence[PhaseText], drafts: Sequence[PhaseDraft]) -> Iterator[Finding]:
    if len(ordered) > MOST_PHASES:
        yield BY_CODE["too_many_phases"].at(MOST_PHASES + 1, count=len(ordered), limit=MOST_PHASES)
    # only worth a warning in a document that people wrote; here the numbers are all there is to go by
    yield from (replace(one, severity=Severity.ERROR) for one in _wrong_numbers(ordered))
    called = {draft.key: draft for draft in drafts}
    for circle in cycles(drafts):
        names = " → ".join(f"{called[key].number} {called[key].title}" for key in (*circle, circle[0]))
        yield BY_CODE["cycle"].at(called[circle[0]].line, phases=names)


def _wrong_numbers(ordered: Sequence[PhaseText]) -> Iterator[Finding]:
    numbers = [phase.number for phase in ordered]
    for place, phase in enumerate(ordered, 1):
        first = numbers.index(phase.number) + 1
        if first < place:
            yield BY_CODE["duplicate_number"].at(place, number=phase.number, first=first)
        for number in phase.depends_on or ():
            if number not in numbers:
                yield BY_CODE["unknown_reference"].at(place, number=number)


def _phase(phase: PhaseText, key: str, place: int, needs: tuple[DependencyDraft, ...]) -> PhaseDraft:
    """Tasks, goal and documents are read out of the content, as they would be in a document."""
    (read,) = parser.parse_single(phase.content).phases
    documents = tuple(dict.fromkeys((*phase.external_docs, *read.external_docs)))
    return replace(
        read,
        key=key,
        number=str(phase.number),
        title=phase.title,
        line=place,
        end_line=place,
        content=phase.content,
        depends_on=needs,
        external_docs=documents,
    )


def refuse_unusable(draft: PlanDraft) -> None:
    """Raises Problem with every finding for a draft that cannot become issues."""
    if has_errors(draft.findings):
        raise unpublishable(draft.findings)
    if not draft.has_phases:
        raise _invalid("no phases were found in this document; `?single=true` takes it as one", draft.findings)


def unpublishable(findings: Sequence[Finding]) -> Problem:
    return _invalid("the plan cannot be published as it stands", findings)


def _invalid(message: str, findings: Sequence[Finding]) -> Problem:
    details = {"findings": [finding.as_json() for finding in findings]}
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "plan_invalid", message, details=details)


def _first_words(text: str) -> str:
    """The first line, cut between two words where it is long."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _LONGEST_TITLE else line[:_LONGEST_TITLE].rsplit(" ", 1)[0] + " …"
