"""Statements about order: what one sentence or list item says about which units come first.

The words are those people use in plans, in the languages plans are written in; a hedged sentence ("may integrate with")
states nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from services.planning.names import Found, Names
from services.planning.numerals import ORDINALS
from services.planning.patterns import Phrases
from services.planning.phrases import (
    AFTERWARDS,
    ALL,
    ALL_STORIES,
    BLOCKS,
    EVERYTHING,
    FREE,
    HEDGE,
    IMPLEMENTED,
    NEEDS,
    PARALLEL,
    PREVIOUS,
    TASKWISE,
    may_state_order,
)
from services.planning.plain import LINK
from services.planning.references import find

ONLY = re.compile(r"(?i:\bonly\b)")
_PREVIOUS_FEW = Phrases(
    r"\bprevious\s+(?P<count>two|three|four|five|\d)\s+(?:phases|stages|milestones|sprints|steps|weeks|iterations)\b",
    cues="previous",
)
_FEW = {"two": 2, "three": 3, "four": 4, "five": 5}
_ALL_OTHERS = Phrases(r"\ball\s+(?:the\s+)?others?\b", r"\bevery\s+other\b", cues="other")
_RESERVATION = Phrases(
    r",?\s+[(（]?(?:but|or\s+after|although|though|except|without|and\s+can|can\s+run|parallel\s+to|in\s+parallel\s+with)\b",
    r"（可",
    cues="but or though except without can parallel 可",
)
_CLAUSES = re.compile(
    r"[-–—](?<=\s.)[-–—]*\s+|;\s+|\.(?<=[\w)*\]].)\s+|[。；]|[(（](?=[Bb][Ll][Oo][Cc][Kk](?:[Ss]|[Ee][Dd])|[Aa]fter)"
)
"""Each way begins with a sign, so that the search runs from sign to sign."""
_LONGEST = 1000
_EMPHASIS = tuple('*_`~"')
_QUOTES = tuple("“”„«»")
_CJK_KIND = "阶段|階段|フェーズ|段階|단계|ステップ|步骤|步驟|マイルストーン|里程碑|スプリント"
_CJK_UNIT = re.compile(
    rf"(?:第|제)?\s*(\d{{1,3}}|[一二三四五六七八九十]{{1,3}})\s*个?({_CJK_KIND})(?!\s*\d)|({_CJK_KIND})\s*(\d{{1,3}})(?![\d.])"
)
"""A unit named without spaces around it: `第2阶段`, `2단계`, `フェーズ1に`."""
_ORDINAL_UNIT = re.compile(
    rf"\b({'|'.join(ORDINALS)})(?:(?:,| and| und) (?:the )?({'|'.join(ORDINALS)}))? "
    r"(phase|stage|milestone|sprint|step|iteration|wave|week|part|epic)(s?)\b(?! \d)",
    re.IGNORECASE,
)
_ORDINAL_CUES = ("irst ", "econd ", "hird ", "1st ", "2nd ", "3rd ", "ourth ", "ifth ", "erste", "weite", "ritte")
_SHOUTED = re.compile(r"(?<![;.–—-]) BLOCKS\b")
_CJK_SIGN = re.compile("[阶階段ズ단プ骤驟ン碑ト]")


class Statement(NamedTuple):
    """What a clause says: `subjects` need `objects`; or are free to start; or run beside others.

    `only` shuts out blanket statements about the same subjects; a `hint` counts for subjects about which nothing else is said.
    """

    subjects: frozenset[int]
    objects: frozenset[int]
    free: bool = False
    beside: frozenset[int] = frozenset()
    only: bool = False
    blanket: bool = False
    hint: bool = False
    unknown: tuple[str, ...] = ()


def clean(text: str) -> str:
    """A sentence without emphasis, links, backticks and double spaces, cut to a bearable length; each `2단계` as ` 단계 2 `."""
    text = text[:_LONGEST]
    if "](" in text:
        text = LINK.sub(r"\1", text)
    for sign in _EMPHASIS:
        text = text.replace(sign, "")
    if not text.isascii():
        for sign in _QUOTES:
            text = text.replace(sign, "")
        if _CJK_SIGN.search(text):
            text = _CJK_UNIT.sub(lambda unit: f" {unit[2] or unit[3]} {unit[1] or unit[4]} ", text)
    text = " ".join(text.split())
    for cue in _ORDINAL_CUES:  # a plain loop: every sentence is asked
        if cue in text:
            return _ORDINAL_UNIT.sub(_counted, text)
    return text


def _counted(unit: re.Match[str]) -> str:
    """`the first and second phases` as `phases 1 and 2`."""
    numbers = " and ".join(ORDINALS[word.lower()] for word in unit.group(1, 2) if word)
    return f"{unit[3]}{unit[4]} {numbers}"


def interpret(text: str, names: Names, *, subject: frozenset[int]) -> list[Statement]:
    """Read one list item or sentence; `subject` is what it is about if it does not say so itself."""
    if not may_state_order(text):
        return []
    head, colon, body = _split_subject(text)
    named = find(head, names).units if colon else frozenset()
    if colon and not named:
        named = _group(head, names, place=names.count)
    if not colon or (not named and not subject):
        body = text
    about = _numbered_first(head, names, named) or subject
    statements: list[Statement] = []
    for place, clause in enumerate(_clauses(body)):
        said = _clause(clause, names, about)
        statements.extend(said)
        if place == 0 and not said and not about:  # `Phase 2 (Foundational) — blocks all user stories`
            about = _numbered_first(clause, names, find(clause, names).units)
    return statements


_LONGEST_SUBJECT = 120


def _clauses(text: str) -> list[str]:
    """The parts of a sentence, cut at dashes, full stops and before `BLOCKS`."""
    if " BLOCKS" in text:
        text = _SHOUTED.sub("; BLOCKS", text)
    return [clause.strip() for clause in _CLAUSES.split(text)]


def _split_subject(text: str) -> tuple[str, bool, str]:
    for colon in (": ", "：", ":", " → can ", " -> can "):
        head, found, body = text.partition(colon)
        if found and len(head) < _LONGEST_SUBJECT and not (NEEDS.search(head) or BLOCKS.search(head)):
            return head, True, f"can {body}" if "can" in colon else body
    return "", False, text


def _numbered_first(head: str, names: Names, named: frozenset[int]) -> frozenset[int]:
    """`User Stories (Phases 3-6)` means phases 3 to 6, and not stories 3 to 6."""
    aside = re.search(r"[(（]([^()（）]*\d[^()（）]*)[)）]", head)
    if aside:
        inner = find(aside[1], names).units
        if inner:
            return inner
    return named


def _clause(clause: str, names: Names, about: frozenset[int]) -> list[Statement]:
    after = AFTERWARDS.search(clause)
    if after and about:
        needed = _objects(clause[: after.start()], names, about)
        return [Statement(about, needed.units - about)] if needed.units - about else []
    match = NEEDS.search(clause)
    blocks = BLOCKS.search(clause)
    if blocks and (match is None or blocks.start() < match.start()):
        return _blocking(clause, blocks, names, about)
    if match:
        return _needing(clause, match, names, about)
    if FREE.search(clause) and about:
        return [Statement(about, frozenset(), free=True)]
    if PARALLEL.search(clause) and not TASKWISE.search(clause):
        return _beside(clause, names, about)
    return []


def _needing(clause: str, match: re.Match[str], names: Names, about: frozenset[int]) -> list[Statement]:
    before, body = clause[: match.start()], clause[match.end() :]
    if HEDGE.search(before) or TASKWISE.search(before):
        return []
    own = find(before, names).units or (_group(before, names, place=names.count) if before.strip() else frozenset())
    body = _unreserved(body)
    subjects = about if about and not (own - about) else own
    if _ALL_OTHERS.search(before) and about:
        story = frozenset(names.story_units)
        return [Statement((story or frozenset(range(names.count))) - about, about, blanket=True)]
    if not subjects:
        return []
    needed = _objects(body, names, subjects)
    objects = needed.units - subjects
    if not objects and not needed.unknown:
        return [Statement(subjects, frozenset(), free=True)] if FREE.search(body) else []
    together = own | about if PARALLEL.search(clause[: match.end()]) else frozenset[int]()
    beside = together if len(together) > 1 else frozenset[int]()
    only = bool(ONLY.search(clause))
    return [Statement(subjects, objects, beside=beside, only=only, hint=bool(beside), unknown=needed.unknown)]


def _unreserved(body: str) -> str:
    reservation = _RESERVATION.search(body)
    return body[: reservation.start()] if reservation else body


def _blocking(clause: str, match: re.Match[str], names: Names, about: frozenset[int]) -> list[Statement]:
    before, body = clause[: match.start()], clause[match.end() :]
    if HEDGE.search(clause):
        return []
    blockers = find(before, names).units or about
    if not blockers:
        return []
    first = min(blockers)
    blocked = find(body, names).units or _group(body, names, place=names.count)
    later = frozenset(place for place in blocked - blockers if place > first or find(body, names).units)
    sweeping = EVERYTHING.search(body) is not None and not find(body, names).units
    return [Statement(later, blockers, hint=sweeping)] if later else []


def _beside(clause: str, names: Names, about: frozenset[int]) -> list[Statement]:
    if HEDGE.search(clause) and not find(clause, names).units:
        return []
    others = find(clause, names).units or (
        _group(clause, names, place=names.count) if ALL_STORIES.search(clause) else frozenset()
    )
    together = about | others
    return [Statement(frozenset(), frozenset(), beside=together)] if len(together) > 1 else []


def _objects(body: str, names: Names, subjects: frozenset[int]) -> Found:
    found = find(body.lstrip(": "), names, near=True)
    place = min(subjects)
    few = _PREVIOUS_FEW.search(body)
    if few:
        count = _FEW.get(few["count"].lower()) or int(few["count"])
        return Found(frozenset(range(max(0, place - count), place)))
    if PREVIOUS.search(body) and place:
        return Found(found.units | {place - 1}, found.unknown)
    if not found.units:
        return Found(_group(body, names, place=place), found.unknown)
    return found


def _group(text: str, names: Names, *, place: int) -> frozenset[int]:
    """Units named as a group: all stories, all previous phases, everything."""
    if IMPLEMENTED.search(text) and names.story_units:
        return frozenset(range(names.story_units[0], place))
    if ALL.search(text) and not (ALL_STORIES.search(text) and names.story_units):
        return frozenset(range(place))
    if ALL_STORIES.search(text):
        stories = names.story_units
        return frozenset(stories) if stories else frozenset()
    return frozenset()
