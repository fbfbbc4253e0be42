"""The diff: what a new version of a document changes about a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from services.domain.sequences import out_of_order
from services.planning.matching import matched
from services.planning.outlines import PlanOutline, Section


class Change(StrEnum):
    """What can happen to a phase from one version to the next."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    RENUMBERED = "renumbered"
    MOVED = "moved"
    CONTENT = "content"
    TASKS = "tasks"
    DOCUMENTS = "documents"
    DEPENDENCIES = "dependencies"


_SURELY = frozenset({Change.TASKS, Change.DOCUMENTS})


@dataclass(frozen=True, slots=True)
class PhaseDiff:
    """One phase that is no longer as it was. `old` is None for an added one, `new` for a removed one."""

    changes: tuple[Change, ...]
    old: Section | None
    new: Section | None
    tasks_added: tuple[str, ...] = ()
    tasks_removed: tuple[str, ...] = ()
    needs_added: tuple[str, ...] = ()
    needs_removed: tuple[str, ...] = ()

    @property
    def section(self) -> Section:
        """As it is now; as it was, where it is gone."""
        section = self.new or self.old
        assert section is not None
        return section

    @property
    def is_rewritten(self) -> bool:
        """True if its text says something else than before. Other numbers of its tasks do not count."""
        if self.old is None or self.new is None:
            return False
        return not _SURELY.isdisjoint(self.changes) or (
            Change.CONTENT in self.changes and self.old.unnumbered.strip() != self.new.unnumbered.strip()
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "key": (self.old or self.section).key,
            "changes": [change.value for change in self.changes],
            "old": None if self.old is None else {"number": self.old.number, "title": self.old.title},
            "new": None if self.new is None else {"number": self.new.number, "title": self.new.title},
            "tasks_added": list(self.tasks_added),
            "tasks_removed": list(self.tasks_removed),
            "depends_on_added": list(self.needs_added),
            "depends_on_removed": list(self.needs_removed),
        }


@dataclass(frozen=True, slots=True)
class Diff:
    """All that differs, phases in the order of the new document, the removed ones last.

    `title` is (old, new) where it changed. `pairs` says of each phase that was there before which one it is: new key → old key.
    """

    title: tuple[str, str] | None
    overview: bool
    phases: tuple[PhaseDiff, ...]
    pairs: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        """True if anything differs."""
        return bool(self.title or self.overview or self.phases)

    def as_json(self) -> dict[str, Any]:
        """What `phasebot diff --json` prints."""
        return {
            "title": None if self.title is None else {"old": self.title[0], "new": self.title[1]},
            "overview": self.overview,
            "phases": [phase.as_json() for phase in self.phases],
        }


def diff(old: PlanOutline, new: PlanOutline) -> Diff:
    """What has to happen to the old outline to make it the new one. Ticked boxes make no difference."""
    pairs = matched(old.sections, new.sections)
    before = {section.key: section for section in old.sections}
    moved = out_of_order([pairs[one.key] for one in new.sections if one.key in pairs], list(before))
    names = {one.key: one.name for one in old.sections} | {
        pairs.get(one.key, one.key): one.name for one in new.sections
    }
    found = [_compared(before.get(pairs.get(one.key, "")), one, pairs, moved) for one in new.sections]
    stay = set(pairs.values())
    found += [PhaseDiff((Change.REMOVED,), one, None) for one in old.sections if one.key not in stay]
    return Diff(
        title=None if old.title == new.title else (old.title, new.title),
        overview=old.overview.strip() != new.overview.strip(),
        phases=tuple(_named(one, names) for one in found if one.changes),
        pairs=pairs,
    )


def _compared(old: Section | None, new: Section, pairs: Mapping[str, str], moved: set[str]) -> PhaseDiff:
    if old is None:
        return PhaseDiff((Change.ADDED,), None, new)
    wanted = tuple(pairs.get(key, key) for key in new.needs)
    return PhaseDiff(
        tuple(_changes(old, new, wanted, moved)),
        old,
        new,
        tasks_added=_without(new.tasks, old.tasks),
        tasks_removed=_without(old.tasks, new.tasks),
        needs_added=_without(wanted, old.needs),
        needs_removed=_without(old.needs, wanted),
    )


def _changes(old: Section, new: Section, wanted: tuple[str, ...], moved: set[str]) -> Iterator[Change]:
    if old.title != new.title:
        yield Change.RENAMED
    elif old.number != new.number:
        yield Change.RENUMBERED
    if old.key in moved:
        yield Change.MOVED
    if old.content.strip() != new.content.strip():
        yield Change.CONTENT
    if old.tasks != new.tasks:
        yield Change.TASKS
    if old.text.documents != new.text.documents:
        yield Change.DOCUMENTS
    if set(old.needs) != set(wanted):
        yield Change.DEPENDENCIES


def _named(phase: PhaseDiff, names: Mapping[str, str]) -> PhaseDiff:
    """With the names of its dependencies in place of their keys."""
    if Change.DEPENDENCIES not in phase.changes:
        return phase
    added = tuple(names[key] for key in phase.needs_added)
    removed = tuple(names[key] for key in phase.needs_removed)
    return replace(phase, needs_added=added, needs_removed=removed)


def _without(these: Sequence[str], those: Sequence[str]) -> tuple[str, ...]:
    """What is here more often than there, in order."""
    left = Counter(those)
    found = []
    for one in these:
        if left[one]:
            left[one] -= 1
        else:
            found.append(one)
    return tuple(found)


# ---------------------------------------------------------------- for people


_SIGNS = {Change.ADDED: "+", Change.REMOVED: "-"}


def as_text(found: Diff) -> Iterator[str]:
    """Line by line; nothing where nothing differs."""
    if found.title:
        yield f"~ title: {found.title[0]} → {found.title[1]}"
    if found.overview:
        yield "~ overview"
    for phase in found.phases:
        yield f"{_SIGNS.get(phase.changes[0], '~')} {_headline(phase)}"
        yield from _details(phase)


def _headline(phase: PhaseDiff) -> str:
    if phase.old is None or phase.new is None:
        return phase.section.name
    was, now = phase.old.name, phase.new.name
    return f"{was if was == now else f'{was} → {now}'} ({', '.join(phase.changes)})"


def _details(phase: PhaseDiff) -> Iterator[str]:
    yield from (f"    + task: {task}" for task in phase.tasks_added)
    yield from (f"    - task: {task}" for task in phase.tasks_removed)
    yield from (f"    + needs {need}" for need in phase.needs_added)
    yield from (f"    - needs {need}" for need in phase.needs_removed)
