"""Names: by what a text may call the units of a plan — their numbers, stories, tasks and titles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.planning.marks import kind_of
from services.planning.numerals import CODE, numbers_from, spellings
from services.planning.reading import Unit

_STORY_IN_TITLE = re.compile(r"(?i:\[?\bUS-?\s?(?=\d)|user[ -]?stor(?:y|ies)\s*(?=\d)|\bstory\s+(?=\d))")
_ASIDE = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]")
_HANDLE_WORD = re.compile(r"[^\W\d_][\w'’-]*")
WORD = re.compile(r"[^\W_]+")
SHORTEST_NAME = 4
_ANY_KIND = frozenset({"section", "task", "story"})
_MOST_NAMED = 200
_PRIORITY = re.compile(r"\bP\d\b|(?i:\bpriority\b)")
_ALWAYS_CODES = frozenset({"WP", "MS", "M", "J"})
"""Letters that stand for nothing else; `P1` may be a priority and `S3` a service."""
_COMMON = frozenset(
    [
        "phase",
        "stage",
        "milestone",
        "sprint",
        "week",
        "user",
        "story",
        "the",
        "and",
        "for",
        "with",
        "test",
        "tests",
        "implementation",
        "implement",
        "add",
        "create",
        "update",
        "build",
        "integration",
        "advanced",
        "feature",
        "features",
        "final",
        "basic",
        "initial",
        "support",
    ]
)


class Found(NamedTuple):
    """The units a text names, and the numbers it names that no unit has."""

    units: frozenset[int]
    unknown: tuple[str, ...] = ()


NOTHING = Found(frozenset())


@dataclass(frozen=True, slots=True)
class Names:
    """The handles by which a text may call the units of one plan; each gives places in the reading."""

    numbers: Mapping[str, tuple[int, ...]]
    stories: Mapping[str, tuple[int, ...]]
    tasks: Mapping[str, int]
    words: Mapping[str, int]
    kinds: frozenset[str]
    count: int
    story_units: tuple[int, ...] = field(default=())
    titles: tuple[str, ...] = field(default=())
    codes: frozenset[str] = _ALWAYS_CODES
    """The letters that may stand before a number: `P2`."""
    openings: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    """The `words` by the first letters and digits in each."""
    known: dict[tuple[str, bool], Found] = field(default_factory=dict, compare=False)
    """What was found before: one sentence is asked for its units more than once."""

    def are(self, word: str) -> bool:
        """True if the units may be called by this word: `Phase 2` names nothing in a plan made of sprints."""
        kind = kind_of(word)
        return kind is None or kind in self.kinds or bool(self.kinds & _ANY_KIND)

    def have(self, code: str) -> bool:
        """True if the units may be called by this code."""
        return code in self.codes


def _codes(units: Sequence[Unit]) -> frozenset[str]:
    """Those of the units' own numbers; `P` for phases too, where no title says it of a priority."""
    own = {code[0].rstrip("-") for unit in units if (code := CODE.match(unit.number or ""))}
    if all(unit.kind == "phase" and not _PRIORITY.search(unit.title) for unit in units):
        own.add("P")
    return _ALWAYS_CODES | own


def names_of(units: Sequence[Unit], tasks: Mapping[str, int]) -> Names:
    """Collect the handles of all units. A word that two titles share names neither."""
    numbers: dict[str, tuple[int, ...]] = {}
    stories: dict[str, tuple[int, ...]] = {}
    words: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        for number in spellings(unit.number):
            numbers[number] = (*numbers.get(number, ()), place)
        for story in stories_in(unit.title):
            stories[story] = (*stories.get(story, ()), place)
        for word in _handles(unit.title) if len(units) <= _MOST_NAMED else ():
            words.setdefault(word, []).append(place)
    single = {word: places[0] for word, places in words.items() if len(set(places)) == 1}
    story_units = tuple(sorted({place for places in stories.values() for place in places}))
    kinds, titles = frozenset(unit.kind for unit in units), tuple(unit.title for unit in units)
    return Names(
        numbers, stories, tasks, single, kinds, len(units), story_units, titles, _codes(units), _openings(single)
    )


def _openings(words: Mapping[str, int]) -> dict[str, list[tuple[str, int]]]:
    openings: dict[str, list[tuple[str, int]]] = {}
    for word, place in words.items():
        first = WORD.search(word)
        if first:
            openings.setdefault(first[0], []).append((word, place))
    return openings


def each_behind_another(units: Sequence[Unit]) -> Iterator[tuple[int, int]]:
    """Each unit with the main one before it: a second unit with a number already seen follows its namesake."""
    mains: dict[str, int] = {}
    last: int | None = None
    for place, unit in enumerate(units):
        if unit.number is None:
            continue
        before = mains.get(unit.number, last)
        if before is not None:
            yield place, before
        if unit.number not in mains:
            mains[unit.number] = last = place


def stories_in(title: str) -> list[str]:
    """The numbers of the user stories a title names: `User Story 1+2`, `US1 + US6`, `[US3]`."""
    found: list[str] = []
    for match in _STORY_IN_TITLE.finditer(title):
        numbers, _ = numbers_from(title, match.end(), "story")
        found.extend(number for number, _ in numbers)
    return found


def _handles(title: str) -> Iterator[str]:
    """Full title, title without asides, its first two words, its first word: whatever is long enough to mean something."""
    bare = _ASIDE.sub("", title).strip().casefold()
    for part in {title.casefold(), bare, bare.partition(":")[0].strip(), bare.partition(" - ")[0].strip()}:
        if len(part) >= SHORTEST_NAME or (len(part) > 1 and title.isupper()):
            yield part
    words = _HANDLE_WORD.findall(bare)
    if words and words[0] not in _COMMON and len(words[0]) >= SHORTEST_NAME and "user story" not in bare:
        yield words[0]
        if words[0].startswith("foundation"):
            yield from ("foundation", "foundational", "foundations")
        if len(words) > 1:
            yield f"{words[0]} {words[1]}"
