"""Numerals: how people write the number of a phase, alone, in lists and in ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from services.planning.patterns import any_of

_WORDS = "one two three four five six seven eight nine ten"
DIGITS = {
    word: str(place)
    for words in (_WORDS.upper(), "I II III IV V VI VII VIII IX X XI XII", "一 二 三 四 五 六 七 八 九 十")
    for place, word in enumerate(words.split(), start=1)
}
"""`Phase II` and `Phase Two` are `Phase 2`, whichever the heading says."""
ORDINALS = {
    word: str(place)
    for place, words in enumerate(
        (
            "first 1st erste ersten",
            "second 2nd zweite zweiten",
            "third 3rd dritte dritten",
            "fourth 4th",
            "fifth 5th",
            "sixth 6th",
            "seventh 7th",
            "eighth 8th",
            "ninth 9th",
            "tenth 10th",
        ),
        start=1,
    )
    for word in words.split()
}
"""`the first phase` is `Phase 1`, whichever the heading says."""
WORD_NUMBER = f"(?i:{_WORDS.replace(' ', '|')})"
NUM = (
    rf"(?:\d+(?:\.\d+)*[a-z]?(?![\w])|{WORD_NUMBER}(?!\w)|[一二三四五六七八九十]{{1,3}}(?!\w)"
    r"|[IVX]{1,5}(?:\.\d+)?(?!\w)|[A-Z](?![\w'’]))"
)
CODE = re.compile(r"\A[A-Z]{1,2}-?(?=\d)")
"""What may stand before the digits of a number: `M2`, `WP-01`."""
_KINDS = r"""
    phases? phasen sub-?phases? fases? faz[aeyięą]? fasi etap\w* этап\w* фаз\w* フェーズ 阶段 階段 段階 단계 giai\sđoạn
    aşama\w* етап\w* fas(?:en)? ステップ 步骤 步驟 マイルストーン 里程碑 スプリント
    stages? milestones? meilensteine? jalons? hitos? sprints? iterations? waves? weeks? steps? étapes? etapas? schritte?
    pasos? work\s?packages? lots? lotes? parts? modules? tiers? tracks? workstreams? chunks? slices? lanes? batch(?:es)? rounds?
    PRs? issues? epics? groups? releases?
"""
KINDS = any_of(_KINDS.split())
"""The words for a unit of work that a text may put before its number."""
_JOIN = (
    r"\s*(?P<join>,\s*(?:and|und|et|y|e|i|en|и)?|(?:and|as well as|plus|und|et|и|[yei]|en|và|ve)\b|&|\+|/|[-–—‑~]|"
    r"(?:to|through|bis)\b|、|和|與|与)\s*"
)
_FIRST = re.compile(rf"(?P<number>{NUM})(?P<open>\s?\+(?![ ]?\w))?")
_AGAIN = {
    "story": r"(?:US-?\s?|(?i:user[ -]?stor(?:y|ies)|stor(?:y|ies))\s*#?)?",
    "kind": rf"(?:{KINDS}\s*[:#№]?\s*)?",
    "code": r"(?:[A-Z]{1,2}-?)?",
    "task": r"(?:T-?|Tasks?\s+)?",
}
"""What may stand before the further numbers of a list: the same word again, and no other."""
_MORE = {
    name: re.compile(rf"{_JOIN}{again}(?P<number>{NUM})(?P<open>\s?\+(?![ ]?\w))?") for name, again in _AGAIN.items()
}
RANGES = frozenset("-–—‑~") | {"to", "through", "bis"}
_LONGEST_NUMBER = 9
WIDEST_RANGE = 200


def spellings(number: str | None) -> Iterator[str]:
    """The ways a text may write the number of a phase, in capitals."""
    if not number:
        return
    plain = number.upper().strip()
    yield plain
    if number.lower() in ORDINALS:
        yield ORDINALS[number.lower()]
    if plain in DIGITS:
        yield DIGITS[plain]
    digits = CODE.sub("", plain)
    if digits != plain:
        yield digits.lstrip("0") or "0"
    for separator in ("–", "-"):
        low, _, high = plain.partition(separator)
        if low.isdigit() and high.isdigit() and 0 < int(high) - int(low) < WIDEST_RANGE:
            yield from (str(one) for one in range(int(low), int(high) + 1))


def value_of(number: str) -> tuple[int, ...] | None:
    """A number for comparison; None for letters and names."""
    plain = number.upper().strip()
    parts = DIGITS.get(plain, CODE.sub("", plain)).split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() and len(part) < _LONGEST_NUMBER for part in parts) else None


Number = tuple[str, str]
"""A number of a list as written, and what joins it to the one before; `open` for one with a plus behind it."""


def numbers_from(text: str, start: int, head: str) -> tuple[Sequence[Number], int]:
    """The list of numbers that starts at `start`, and where it ends."""
    match, join, end = _FIRST.match(text, start), "", start
    found: list[Number] = []
    while match:
        number, end = match["number"], match.end()
        found.append((number, join))
        if match["open"] and number.isdigit():
            found.append((number, "open"))
        match = _MORE[head].match(text, end)
        join = match["join"].strip() if match else ""
    return found, end
