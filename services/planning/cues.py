"""Cues: where in a document a line may speak of the order of its phases, found in bulk before anything is read closely.

Most lines do not. So words are looked for in all lines at once, as bytes: lowering and searching wide text takes many
times longer. A line with an English one counts only if it names a phase as well, or opens like a label.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from services.planning.outline import Block, Item, Paragraph


def _bytes(*words: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in words)


_ENGLISH = """
    depend bloc prereq precond requires predec gated relies after once before order build earlier start begin until need wait
    follow first soon sequen immediate parallel concurrent simultan alongside
"""
_PHRASES = ("must be", "when ", "prior ", "previous", "preced", "top to bottom", "entry c", "require ", "is required")
_FOREIGN = {
    "und der die": "hängt hängig nach wartet benötigt brauch erforder setzt baut sobald vorauss keine blockier",
    "les des une": "dépend aucune après requis nécessit parallèle bloqu",
    "las los que para uma": "bloq tras después necesita requie requis prerrequ depend depois requer precisa após paralel",
    "il della che": "dipend dopo richied blocca",
    "het een van": "afhank hangt vereis",
    "się nie jest": "zale zakoń wymaga blokowan",
    "och att": "beror kräver",
}
"""Words of languages written in Latin letters, by words that any text in them has."""
_OTHER = """
    завис Завис ЗАВИС зависимостей после После требует Требует локируется залежить потребує параллельно phụ tiên sau závis vyžad
    önko bağım 依 의존 선행 前 後 后 相 取 完 완료 이후 与 與
"""
_KINDS = {
    "phase": "phase fase faz",
    "stage": "stage etap stufe",
    "milestone": "milest meilenst jalon hito",
    "sprint": "sprint",
    "iteration": "iterat",
    "wave": "wave batch round",
    "week": "week",
    "step": "step schritt paso",
    "epic": "epic",
    "release": "release",
    "part": "part module track tier workstream chunk slice lane",
    "story": "group issue ticket pr",
}
_ANY_KIND = frozenset({"section", "task", "story"})
_ALWAYS = ("stor", " all ", "previous", "preced", "everything", "the one before", "to bottom")
_CODE = re.compile(rb"[uwmjtp](?<![a-z0-9].)[spr]?-?\s?\d|[\xd0\xe3-\xed]")
"""What a line holds that names a phase, or all of them. Where none does, a capital may begin a title."""
_TITLE_FOLLOWS = re.compile(
    rb"(?:fter|nce|hen|efore|ollows|eeds?|ntil|(?:ated|ocked) (?:by|on)|(?:pends?|pendent|uilds?|elies|endency) (?:up)?on"
    rb"|equires?):?\**\s+[\"'*`(]*[A-Z0-9]"
)
_LABELLED = re.compile(
    rb"[^a-z]{0,12}(?:depend|prereq|precond|requires|needs|blocked|waits|after|predec|entry|start|can start|sequence)"
)
_NOTHING = _bytes("immediate", "no depend", "no prereq", "right away", "no hard depend", "no prior depend")
_SHORT = 2000
_OPENING = 10_000
_MOST_LINES = 20_000
"""No plan says so much about order; reading on would only take time."""
_SHORTEST_FOREIGN = 12
_ASCII = 0x7F


ENGLISH, OTHER = _bytes(*_ENGLISH.split(), *_PHRASES), _bytes(*_OTHER.split())
FOREIGN = tuple((frozenset(_bytes(*common.split())), _bytes(*cues.split())) for common, cues in _FOREIGN.items())
_WORDS = (*_ENGLISH.split(), *_PHRASES)


def lines_about_order(blocks: Sequence[Block], kinds: Collection[str]) -> Mapping[int, frozenset[int]]:
    """For each paragraph and plain list item that may speak of order, which of its lines do. Tasks say nothing about phases.

    `kinds` are those of the phases: what is called a sprint names nothing in a plan made of milestones.
    """
    spoken = [
        (place, block.text)
        for place, block in enumerate(blocks)
        if block.__class__ is Paragraph or (block.__class__ is Item and not block.box)
    ]
    written = "\n".join(text for _, text in spoken).encode()
    about: dict[int, set[int]] = {}
    firsts = list(accumulate((text.count("\n") + 1 for _, text in spoken), initial=0))
    line = start = 0
    for begin in sorted(_starts(written, kinds))[:_MOST_LINES]:
        line += written.count(b"\n", start, begin)
        start = begin
        index = bisect_right(firsts, line) - 1
        about.setdefault(spoken[index][0], set()).add(line - firsts[index])
    return {place: frozenset(offsets) for place, offsets in about.items()}


def _starts(written: bytes, kinds: Collection[str]) -> set[int]:
    """Where the lines begin that may speak of order."""
    whole, names = written.lower(), _names(kinds)
    found = set(_lines_with(_foreign(whole), whole))
    english = set(_lines_with(ENGLISH, whole)) - found
    return found | {begin for begin in english if _names_a_phase(whole, written, begin, names)}


def may_speak(sentence: str) -> bool:
    """True if a sentence holds one of the English words, or is not certain to be English."""
    if not sentence.isascii():
        return True
    folded = sentence.lower()
    for word in _WORDS:  # a plain loop: this is asked of every sentence of such a line
        if word in folded:
            return True
    return len(folded) > _SHORTEST_FOREIGN and " the " not in folded


def _foreign(whole: bytes) -> Iterator[bytes]:
    """The words to look for besides the English ones. A short text gives no hint of its language and is searched for all."""
    opening = frozenset(whole[:_OPENING].split())
    for common, cues in FOREIGN:
        if len(whole) < _SHORT or not opening.isdisjoint(common):
            yield from cues
    yield from OTHER


def _names(kinds: Collection[str]) -> tuple[bytes, ...]:
    several = _KINDS if not _ANY_KIND.isdisjoint(kinds) else kinds
    return _bytes(*_ALWAYS, *(word for kind in several for word in _KINDS.get(kind, "").split()))


def _names_a_phase(whole: bytes, written: bytes, begin: int, names: Sequence[bytes]) -> bool:
    end = _line_end(whole, begin)
    text = whole[begin:end]
    for name in names:  # a plain loop: this is asked of very many lines
        if name in text:
            return True
    if _LABELLED.match(text) or _CODE.search(text) or _TITLE_FOLLOWS.search(written, begin, end):
        return True
    return any(word in text for word in _NOTHING)


def _line_end(text: bytes, at: int) -> int:
    """Where the next line begins, or the text ends."""
    return text.find(b"\n", at) + 1 or len(text)


def _lines_with(cues: Iterable[bytes], whole: bytes) -> Iterator[int]:
    """Where the lines begin that hold one of the cues."""
    for cue in cues:
        foreign = cue[0] > _ASCII and cue[:1] not in whole  # one byte is found much faster than a word
        at = -1 if foreign else whole.find(cue)
        while at >= 0:
            yield whole.rfind(b"\n", 0, at) + 1
            at = whole.find(cue, _line_end(whole, at))
