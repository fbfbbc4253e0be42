"""References: which units a piece of text names — by number (`Phases 3-5`), story (`US2`), task (`T006`) or name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.planning.marks import kind_of
from services.planning.reading import Unit

_WORDS = "one two three four five six seven eight nine ten"
_DIGITS = {
    word: str(place)
    for words in (_WORDS.upper(), "I II III IV V VI VII VIII IX X XI XII")
    for place, word in enumerate(words.split(), start=1)
}
"""`Phase II` and `Phase Two` are `Phase 2`, whichever the heading says."""
_WORD_NUMBER = f"(?i:{_WORDS.replace(' ', '|')})"
_NUM = (
    rf"(?:\d+(?:\.\d+)*[a-z]?(?![\w])|{_WORD_NUMBER}(?!\w)|[一二三四五六七八九十]{{1,3}}(?!\w)"
    r"|[IVX]{1,5}(?:\.\d+)?(?!\w)|[A-Z](?![\w'’]))"
)
_KINDS = (
    r"(?:sub-?)?phases?|fases?|faza|fasi|этап\w*|фаз\w*|フェーズ|阶段|階段|段階|단계|giai đoạn|"
    r"stages?|milestones?|meilensteine?|jalons?|hitos?|sprints?|"
    r"iterations?|waves?|weeks?|steps?|étapes?|etapas?|schritte?|pasos?|work ?packages?|parts?|modules?|tiers?|"
    r"epics?|groups?|releases?"
)
_JOIN = (
    r"\s*(?P<join>,\s*(?:and|und|et|y|и)?|and\b|und\b|et\b|и\b|y\b|&|\+|/|[-–—‑~]|to\b|through\b|bis\b|、|和|與|与)\s*"
)
_HEAD = re.compile(
    r"\b(?:(?P<story>(?:(?i:user[ -]?stor(?:y|ies)|stor(?:y|ies)|истори\w+)\s*#?|US-?\s?)(?=\d))"
    rf"|(?P<kind>(?<!-)(?i:{_KINDS})\s*[:#№]?\s*(?={_NUM}))"
    r"|(?P<code>(?:WP|MS|M|J)-?(?=\d))"
    r"|(?P<task>(?:T-?|Task\s+|Tasks\s+)(?=\d)))"
)
_FIRST = re.compile(rf"(?P<number>{_NUM})(?P<open>\s?\+(?![ ]?\w))?")
_NUMBERISH = re.compile(rf"[\d一二三四五六七八九十]|\b[A-Z]{{1,5}}\b|\b{_WORD_NUMBER}\b")
_AGAIN = {
    "story": r"(?:US-?\s?|(?i:user[ -]?stor(?:y|ies)|stor(?:y|ies))\s*#?)?",
    "kind": rf"(?:(?i:{_KINDS})\s*[:#№]?\s*)?",
    "code": r"(?:(?:WP|MS|M|J)-?)?",
    "task": r"(?:T-?|Tasks?\s+)?",
}
"""What may stand before the further numbers of a list: the same word again, and no other."""
_MORE = {
    name: re.compile(rf"{_JOIN}{again}(?P<number>{_NUM})(?P<open>\s?\+(?![ ]?\w))?") for name, again in _AGAIN.items()
}
_STORY_IN_TITLE = re.compile(r"(?i:\[?\bUS-?\s?(?=\d)|user[ -]?stor(?:y|ies)\s*(?=\d)|\bstory\s+(?=\d))")
_ASIDE = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_GLUE = re.compile(
    r"(?:['’]s?)?\s*(?:[,，、&+和與与]|(?:and|und|et|y|e|и|và|sowie|plus)\b)+\s*(?:(?:and|und|et)\s+)?(?:(?:the|of|de|la|der)\s+)*"
)
"""What may stand between two references of one list."""
_RANGES = frozenset("-–—‑~") | {"to", "through", "bis"}
_SHORTEST_NAME = 4
_ANY_KIND = frozenset({"section", "task", "story"})
_MOST_NAMED = 200
_WIDEST_RANGE = 200
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


@dataclass(frozen=True, slots=True)
class Found:
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
    known: dict[tuple[str, bool], Found] = field(default_factory=dict, compare=False)
    """What was found before: one sentence is asked for its units more than once."""

    def are(self, word: str) -> bool:
        """True if the units may be called by this word: `Phase 2` names nothing in a plan made of sprints."""
        kind = kind_of(word)
        return kind is None or kind in self.kinds or bool(self.kinds & _ANY_KIND)


def names_of(units: Sequence[Unit], tasks: Mapping[str, int]) -> Names:
    """Collect the handles of all units. A word that two titles share names neither."""
    numbers: dict[str, tuple[int, ...]] = {}
    stories: dict[str, tuple[int, ...]] = {}
    words: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        for number in _spellings(unit.number):
            numbers[number] = (*numbers.get(number, ()), place)
        for story in stories_in(unit.title):
            stories[story] = (*stories.get(story, ()), place)
        for word in _handles(unit.title) if len(units) <= _MOST_NAMED else ():
            words.setdefault(word, []).append(place)
    single = {word: places[0] for word, places in words.items() if len(set(places)) == 1}
    story_units = tuple(sorted({place for places in stories.values() for place in places}))
    return Names(numbers, stories, tasks, single, frozenset(unit.kind for unit in units), len(units), story_units)


def stories_in(title: str) -> list[str]:
    """The numbers of the user stories a title names: `User Story 1+2`, `US1 + US6`, `[US3]`."""
    found: list[str] = []
    for match in _STORY_IN_TITLE.finditer(title):
        found.extend(number for number, _, _ in _numbers(title, match.end(), "story"))
    return found


def _spellings(number: str | None) -> Iterator[str]:
    if not number:
        return
    plain = number.upper().strip()
    yield plain
    if plain in _DIGITS:
        yield _DIGITS[plain]
    digits = plain.lstrip("WPMSJEV-")
    if digits and digits != plain and digits[0].isdigit():
        yield digits.lstrip("0") or "0"
    for separator in ("–", "-"):
        low, _, high = plain.partition(separator)
        if low.isdigit() and high.isdigit() and 0 < int(high) - int(low) < _WIDEST_RANGE:
            yield from (str(one) for one in range(int(low), int(high) + 1))


def _handles(title: str) -> Iterator[str]:
    """Full title, title without asides, its first two words, its first word: whatever is long enough to mean something."""
    bare = _ASIDE.sub("", title).strip().casefold()
    for part in {title.casefold(), bare, bare.partition(":")[0].strip(), bare.partition(" - ")[0].strip()}:
        if len(part) >= _SHORTEST_NAME:
            yield part
    words = _WORD.findall(bare)
    if words and words[0] not in _COMMON and len(words[0]) >= _SHORTEST_NAME and "user story" not in bare:
        yield words[0]
        if words[0].startswith("foundation"):
            yield from ("foundation", "foundational", "foundations")
        if len(words) > 1:
            yield f"{words[0]} {words[1]}"


def find(text: str, names: Names, *, near: bool = False) -> Found:
    """Every unit `text` names. With `near`, a name may also stand in lower case at the very start of the text."""
    known = names.known.get((text, near))
    if known is None:
        known = names.known[text, near] = _find(text, names, near=near)
    return known


def _find(text: str, names: Names, *, near: bool) -> Found:
    numbered = _numbered(text, _HEAD.finditer(text), names) if _NUMBERISH.search(text) else NOTHING
    return Found(numbered.units | frozenset(_by_name(text, names, near=near)), numbered.unknown)


def leading(text: str, names: Names) -> tuple[Found, int]:
    """The units whose numbers the text opens with, and where it goes on after them; 0 if it opens otherwise.

    `Phase 1 (Setup), Phase 2 and 3 to be done` opens with three.
    """
    heads: list[re.Match[str]] = []
    at, end = 0, 0
    while head := _HEAD.match(text, at):
        *_, last = (0, *(last for _, _, last in _numbers(text, head.end(), head.lastgroup or "kind")))
        if not last:
            break
        heads.append(head)
        aside = _ASIDE.match(text, last)
        end = aside.end() if aside else last
        glue = _GLUE.match(text, end)
        if glue is None:
            break
        at = glue.end()
    return (_numbered(text, heads, names), end) if heads else (NOTHING, 0)


def _numbered(text: str, heads: Iterable[re.Match[str]], names: Names) -> Found:
    places: set[int] = set()
    unknown: list[str] = []
    for head in heads:
        if head["kind"] and not names.are(head["kind"].rstrip(" :#№\t")):
            continue
        for number, spelled in _expanded(text, head, names):
            hit = _look_up(head, number, names)
            places.update(hit)
            if not hit and head["kind"] and spelled and names.numbers:  # where nothing has a number, none is missing
                unknown.append(number)
    return Found(frozenset(places), tuple(dict.fromkeys(unknown)))


def _look_up(match: re.Match[str], number: str, names: Names) -> tuple[int, ...]:
    if match["story"]:
        return names.stories.get(number, ())
    if match["task"]:
        place = names.tasks.get(number.lstrip("0") or "0")
        if place is None and "task" in names.kinds:
            return names.numbers.get(number, ())
        return (place,) if place is not None else ()
    plain = number.upper()
    other = _DIGITS.get(plain) or plain.lstrip("0") or "0"
    return names.numbers.get(plain, names.numbers.get(other, ()))


def _expanded(text: str, match: re.Match[str], names: Names) -> Iterator[tuple[str, bool]]:
    """The numbers after a head, with ranges filled in. `3+` means: three and all stories from there."""
    previous = ""
    for number, join, _ in _numbers(text, match.end(), match.lastgroup or "kind"):
        if join in _RANGES and previous.isdigit() and number.isdigit():
            for between in range(int(previous) + 1, min(int(number), int(previous) + _WIDEST_RANGE)):
                yield str(between), False
        if join == "open":
            yield from (
                (str(later), False)
                for later in range(int(number) + 1, int(number) + names.count + 1)
                if _is_story(later, names)
            )
            continue
        yield (number.lstrip("0") or "0") if number.isdigit() else number, True
        previous = number


def _is_story(number: int, names: Names) -> bool:
    return any(place in names.story_units for place in names.numbers.get(str(number), ()))


def _numbers(text: str, start: int, head: str) -> Iterator[tuple[str, str, int]]:
    """The list of numbers that starts at `start`, each with what joins it to the one before, and where it ends."""
    match = _FIRST.match(text, start)
    join = ""
    while match:
        number = match["number"]
        yield number, join, match.end()
        if match["open"] and number.isdigit():
            yield number, "open", match.end()
        match = _MORE[head].match(text, match.end())
        join = match["join"].strip() if match else ""


def _by_name(text: str, names: Names, *, near: bool) -> Iterator[int]:
    folded = text.casefold()
    for word, place in names.words.items():
        at = folded.find(word)
        while at >= 0:
            end = at + len(word)
            whole = (at == 0 or not folded[at - 1].isalnum()) and (end == len(folded) or not folded[end].isalnum())
            if whole and (
                len(folded) != len(text) or text[at].isupper() or not text[at].isascii() or (near and at <= 4)
            ):
                yield place
                break
            at = folded.find(word, at + 1)
