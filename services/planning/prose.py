"""Prose: sentences in running text that say what a phase needs — `Depends on Phase 1.`, `After Phase 2`.

Running text mentions other phases all the time. So a sentence counts only if it opens with the words for needing, perhaps
after `This phase` or the name of a phase, and if what is needed follows at once; a question, a wish or a choice does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.planning.names import NOTHING, Found, Names
from services.planning.references import leading
from services.planning.statements import Statement
from services.planning.wording import (
    AFTER,
    ALL_BEFORE,
    BEHIND,
    BESIDE,
    ENDED,
    FIRST,
    FIRST_ENDED,
    FREE_TO_START,
    JOINED,
    LEAD,
    NEEDS_AT_ONCE,
    NOT_BEFORE,
    ONE_BEFORE,
    ONLY_AFTER,
    OPENING,
    SOURCE,
    START,
    STOPS,
    STORIES,
    TITLE_ENDS,
    TITLE_TAIL,
    is_doubtful,
)

_CUT = re.compile(r"[.!?;]\s+|[。！？]|\n(?<=[^,;&]\n)(?=\W{0,9}(?!\d)[^\Wa-zà-ÿа-я])|[|·•](?<=\s.)\s")
"""Each way begins with a sign, so that the search runs from sign to sign."""
_CLAUSE = re.compile(r"[-–—](?<=\s.)[-–—]*\s+|[:：]\s+|[(（]|[,;]\s+")


def sentence_after(text: str, sign: int) -> str:
    """The sentence that begins behind a sign, -1 for the beginning of the text; empty if none begins there."""
    cut = _CUT.match(text, sign) if sign >= 0 else None
    if sign >= 0 and cut is None:
        return ""
    start = cut.end() if cut else 0
    end = _CUT.search(text, start)
    return text[start : end.end() if end else len(text)].rstrip(" \t\n|·•")


def read_sentence(text: str, names: Names, *, owner: frozenset[int]) -> Statement | None:
    """What a sentence without emphasis says of `owner`, or of the unit it opens with."""
    if text.rstrip(" \"'”)）").endswith(("?", "？")):
        return None
    opening = OPENING.match(text)
    body = text[opening.end() :] if opening else text
    found, end = leading(body, names)
    if not end:
        return _about(body, names, owner) or _ordered(body, names)
    if BEHIND.match(body, end):
        return _needing(found, owner)
    return _about_another(body[end:], names, found.units)


def _about_another(text: str, names: Names, subject: frozenset[int]) -> Statement | None:
    """`Phase 3 depends on Phase 2`, `Phase 3: Shop — after Phase 2`; `text` is what follows `Phase 3`."""
    clauses = (text, *_CLAUSE.split(text)[1:])
    said = (_about(clause.strip(" ()（）"), names, subject) for clause in clauses)
    return next((statement for statement in said if statement), None)


def _ordered(text: str, names: Names) -> Statement | None:
    """`Do not start Phase 3 until Phase 2 is complete`."""
    start = START.match(text)
    if start is None:
        return None
    subject, end = leading(text[start.end() :], names)
    rest = text[start.end() + end :].lstrip()
    order = (NOT_BEFORE if start["not"] else ONLY_AFTER).match(rest)
    if order is None or not subject.units:
        return None
    found, tail = _objects(rest[order.end() :], names, min(subject.units), leads=(LEAD,))
    return None if is_doubtful(tail) else _needing(found, subject.units)


def _about(text: str, names: Names, subject: frozenset[int]) -> Statement | None:
    """A clause that opens with the words for needing, or says that nothing is needed."""
    if not subject:
        return None
    if FREE_TO_START.match(text):
        return Statement(subject, frozenset(), free=True)
    return _needing(_needed(text, names, subject), subject) or _beside(text, names, subject)


def _beside(text: str, names: Names, subject: frozenset[int]) -> Statement | None:
    """`In parallel with Phase 3`, and perhaps what both wait for: `once Phase 1 is complete`."""
    words = BESIDE.match(text)
    if words is None:
        return None
    found, tail = _objects(text[words.end() :], names, min(subject), leads=(LEAD,))
    if not found.units - subject:
        return None
    together = subject | found.units
    needed = _needed(tail.strip(" ,;()（）"), names, subject).units - together
    return Statement(subject, needed, beside=together)


def _needing(needed: Found, subject: frozenset[int]) -> Statement | None:
    objects = needed.units - subject
    return Statement(subject, objects, unknown=needed.unknown) if subject and (objects or needed.unknown) else None


def _needed(text: str, names: Names, subject: frozenset[int]) -> Found:
    strong = NEEDS_AT_ONCE.match(text)
    if strong:
        found, tail = _objects(text[strong.end() :], names, min(subject), leads=(LEAD, SOURCE))
        return NOTHING if is_doubtful(tail) else found
    first = FIRST.match(text)
    if first:
        found, end = leading(text[first.end() :], names)
        if end:
            return found if FIRST_ENDED.match(text, first.end() + end) else NOTHING
    weak = AFTER.match(text)
    if weak is None:
        return NOTHING
    found, tail = _objects(text[weak.end() :], names, min(subject), leads=(LEAD,))
    earlier = tail.lstrip().startswith((",", "，")) and all(unit < min(subject) for unit in found.units)
    firm = STOPS.match(tail) or ENDED.match(tail) or earlier
    return found if firm and not is_doubtful(tail) else NOTHING


def _objects(body: str, names: Names, place: int, *, leads: Sequence[re.Pattern[str]]) -> tuple[Found, str]:
    """What the text opens with: a group, references, or titles; and the text after it."""
    for pattern, units in (
        (ALL_BEFORE, range(place)),
        (ONE_BEFORE, range(max(0, place - 1), place)),
        (STORIES, names.story_units),
    ):
        group = pattern.match(body)
        if group:
            return Found(frozenset(units)), body[group.end() :]
    for lead in (None, *leads):
        start = lead.match(body) if lead else None
        rest = body[start.end() :] if start else body
        found, end = leading(rest, names, glossed=True)
        if end:
            return found, rest[end:]
    return _titled(body, names)


def _titled(body: str, names: Names) -> tuple[Found, str]:
    """Units called by their titles alone. Each must be one, or the words meant something else."""
    end = TITLE_ENDS.search(body)
    named, tail = (body[: end.start()], body[end.start() :]) if end else (body, "")
    bare = named.removeprefix("the ").strip()
    if not bare[:1].isupper() and bare[:1].isascii() and not TITLE_TAIL.search(bare):
        return NOTHING, tail
    for titles in ([bare], JOINED.split(bare)):
        places = [names.words.get(TITLE_TAIL.sub("", title.casefold())) for title in titles]
        if all(place is not None for place in places):
            return Found(frozenset(place for place in places if place is not None)), tail
    return NOTHING, tail
