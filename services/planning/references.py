"""References: which units a piece of text names — by number (`Phases 3-5`), story (`US2`), task (`T006`) or name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from services.planning.names import NOTHING, SHORTEST_NAME, WORD, Found, Names
from services.planning.numerals import DIGITS, KINDS, NUM, RANGES, WIDEST_RANGE, Number, numbers_from
from services.planning.patterns import any_of

_STORIES = any_of((r"user[ -]?stor(?:y|ies)", r"stor(?:y|ies)", r"истори\w+"))
_HEAD = re.compile(
    rf"\b(?=\w)(?:(?P<story>(?:{_STORIES}\s*#?|US-?\s?)(?=\d))"
    rf"|(?P<kind>(?<!-){KINDS}\s*[:#№]?\s*(?={NUM}))"
    r"|(?P<task>(?:T-?|Task\s+|Tasks\s+)(?=\d))"
    r"|(?P<code>[A-Z]{1,2}-?(?=\d)(?!\d+\s(?:bugs?|issues?|tickets?|incidents?|items|features|priorit))))"
)
_NEAR = 4
_ASIDE = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]")
_GLOSSED = re.compile(r"(?:[\w'’/-]+\s+){1,5}[(（\[]\s*(?=\w)")
_CLOSING = re.compile(r"(?:\s*[:：,–—-][^()（）\[\]]{0,80})?\s*[)）\]]")
_MEMBER_OPENS = re.compile(
    r"(?:\A|[,;:&+(→>‖∥]|\b(?:on|by|for|after|and|the|once|requires?|needs?|blocks?|von|und|de|et|y))\s*\Z",
    re.IGNORECASE,
)
_MEMBER_ENDS = re.compile(
    r"\s*(?:\Z|[,;:.&+)(→‖∥-]|(?:and|und|et|y|phase|depends?|requires?|needs?|blocks?|is|are|completion)\b)",
    re.IGNORECASE,
)
_TITLE_FOLLOWS = re.compile(r"\s*(?:[:：]|\s[–—-])\s*")
_GLUE = re.compile(
    r"(?:['’]s?)?\s*(?:[,，、&+和與与]|(?:and|as well as|und|et|y|e|i|en|и|và|sowie|plus)\b)+\s*"
    r"(?:(?:and|und|et)\s+)?(?:(?:the|of|de|la|der)\s+)*"
)
"""What may stand between two references of one list."""


class _Mention(NamedTuple):
    """`word` is what the numbers count, `kind` the group of words it belongs to; the text goes on at `end`."""

    kind: str
    word: str
    numbers: Sequence[Number]
    end: int


def find(text: str, names: Names, *, near: bool = False) -> Found:
    """Every unit `text` names. With `near`, a name may also stand in lower case at the very start of the text."""
    if not text:
        return NOTHING
    known = names.known.get((text, near))
    if known is None:
        known = names.known[text, near] = _find(text, names, near=near)
    return known


def _find(text: str, names: Names, *, near: bool) -> Found:
    numbered = _numbered([_mention(text, head) for head in _HEAD.finditer(text) if _is_head(head, names)], names)
    named = frozenset(_by_name(text, names, near=near))
    return Found(numbered.units | named, numbered.unknown) if named else numbered


def leading(text: str, names: Names, *, glossed: bool = False) -> tuple[Found, int]:
    """The units whose numbers the text opens with, and where it goes on after them; 0 if it opens otherwise.

    `Phase 1 (Setup), Phase 2 and 3 to be done` opens with three. With `glossed`, a number may stand in brackets behind
    what it stands for: `the schema (Phase 1)`.
    """
    mentions: list[_Mention] = []
    at, end = 0, 0
    while head := _HEAD.match(text, at) or (_glossed(text, at) if glossed else None):
        if not _is_head(head, names):
            break
        mention = _mention(text, head)
        aside = (_CLOSING if head.start() > at else _ASIDE).match(text, mention.end)
        if not mention.numbers or (head.start() > at and aside is None):
            break
        mentions.append(mention)
        end = aside.end() if aside else _after_title(text, mention, names)
        glue = _GLUE.match(text, end)
        if glue is None:
            break
        at = glue.end()
    return (_numbered(mentions, names), end) if mentions else (NOTHING, 0)


def _is_head(head: re.Match[str], names: Names) -> bool:
    """False for letters that are no code of these units: `S3` is a service where no phase is called so."""
    return head.lastgroup != "code" or names.have(head[0].rstrip("-"))


def _mention(text: str, head: re.Match[str]) -> _Mention:
    """The numbers that follow a word for what they count."""
    kind = head.lastgroup or "kind"
    numbers, end = numbers_from(text, head.end(), kind)
    return _Mention(kind, head[0].rstrip(" :#№\t"), numbers, end)


def _after_title(text: str, mention: _Mention, names: Names) -> int:
    """Where the title ends that follows a number: `Phase 1 – Setup and Phase 2 – Store`."""
    dash = _TITLE_FOLLOWS.match(text, mention.end)
    if dash is None:
        return mention.end
    rest = text[dash.end() :].casefold()
    titles = (names.titles[place].casefold() for place in _numbered([mention], names).units)
    return next((dash.end() + len(title) for title in titles if title and rest.startswith(title)), mention.end)


def _glossed(text: str, at: int) -> re.Match[str] | None:
    words = _GLOSSED.match(text, at)
    return _HEAD.match(text, words.end()) if words else None


def _numbered(mentions: Iterable[_Mention], names: Names) -> Found:
    places: set[int] = set()
    unknown: list[str] = []
    for mention in mentions:
        counts_units = mention.kind == "kind"
        if counts_units and not names.are(mention.word):
            continue
        for number, spelled in _expanded(mention.numbers, names):
            hit = _look_up(mention.kind, number, names)
            places.update(hit)
            if not hit and counts_units and spelled and names.numbers:  # where nothing has a number, none is missing
                unknown.append(number)
    return Found(frozenset(places), tuple(dict.fromkeys(unknown))) if places or unknown else NOTHING


def _look_up(kind: str, number: str, names: Names) -> tuple[int, ...]:
    if kind == "story":
        return names.stories.get(number) or (names.numbers.get(number, ()) if "story" in names.kinds else ())
    if kind == "task":
        place = names.tasks.get(number.lstrip("0") or "0")
        if place is None and "task" in names.kinds:
            return names.numbers.get(number, ())
        return (place,) if place is not None else ()
    plain = number.upper()
    other = DIGITS.get(plain) or plain.lstrip("0") or "0"
    return names.numbers.get(plain, names.numbers.get(other, ()))


def _expanded(numbers: Iterable[Number], names: Names) -> Iterator[tuple[str, bool]]:
    """The numbers of a mention, with ranges filled in. `3+` means: three and all stories from there."""
    previous = ""
    for number, join in numbers:
        if join in RANGES and previous.isdigit() and number.isdigit():
            for between in range(int(previous) + 1, min(int(number), int(previous) + WIDEST_RANGE)):
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


def _by_name(text: str, names: Names, *, near: bool) -> Iterator[int]:
    """The units whose titles occur as whole words. Each word of the text is looked up, and the titles with it compared."""
    folded = text.casefold()
    for word in names.openings.keys() & WORD.findall(folded):
        for title, place in names.openings[word]:
            if any(_is_named(text, folded, at, at + len(title), near=near) for at in _places(folded, title)):
                yield place


def _places(folded: str, title: str) -> Iterator[int]:
    """Where the title stands as whole words."""
    at = folded.find(title)
    while at >= 0:
        end = at + len(title)
        if (at == 0 or not folded[at - 1].isalnum()) and not folded[end : end + 1].isalnum():
            yield at
        at = folded.find(title, at + 1)


def _is_named(text: str, folded: str, at: int, end: int, *, near: bool) -> bool:
    """Short titles are names in capitals alone, others with a capital, or at the very start of the text."""
    if end - at < SHORTEST_NAME and not (text[at:end].isupper() and _stands_alone(text, at, end)):
        return False
    return len(folded) != len(text) or text[at].isupper() or not text[at].isascii() or (near and at <= _NEAR)


def _stands_alone(text: str, at: int, end: int) -> bool:
    """True if a short title is a member of a list: `on API and UI`, and not part of `the Stripe API keys`."""
    return bool(_MEMBER_OPENS.search(text[:at]) and _MEMBER_ENDS.match(text, end))
