"""Matching: which phase of a new outline is which phase of the old one, by name where it can be, else by content."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter

from services.planning.outlines import Section

ALIKE = 0.5
"""The share of words that two phases of different names have in common, from which on they are the same phase."""

ALIKE_BESIDE_NUMBER = 0.25
"""The share that is enough where both have the same number."""

_MOST_HOLDERS = 64
"""A word in more phases than this tells nothing about one of them; leaving it out keeps the search linear."""

_WORD = re.compile(r"\w{2,}")

Trait = Callable[[Section], Hashable]


def matched(old: Sequence[Section], new: Sequence[Section]) -> dict[str, str]:
    """For each phase of the new outline that is one of the old one: its key there, by its key here."""
    pairs: dict[str, str] = {}
    for trait in (_name, _title, _content):
        _pair_equal(old, new, trait, pairs)
    _pair_alike(_left(old, pairs.values()), _left(new, pairs), pairs)
    return pairs


def _name(section: Section) -> Hashable:
    return section.number, section.title


def _title(section: Section) -> Hashable:
    return section.title.casefold()


def _content(section: Section) -> Hashable:
    return section.content.strip()


def _left(sections: Sequence[Section], taken: Iterable[str]) -> list[Section]:
    known = set(taken)
    return [one for one in sections if one.key not in known]


def _pair_equal(old: Sequence[Section], new: Sequence[Section], trait: Trait, pairs: dict[str, str]) -> None:
    """Those with equal traits, the first with the first where several are equal."""
    waiting: defaultdict[Hashable, deque[str]] = defaultdict(deque)
    for section in _left(old, pairs.values()):
        if what := trait(section):
            waiting[what].append(section.key)
    for section in _left(new, pairs):
        found = waiting.get(trait(section))
        if found:
            pairs[section.key] = found.popleft()


def _pair_alike(old: Sequence[Section], new: Sequence[Section], pairs: dict[str, str]) -> None:
    """The most alike first; each is taken once."""
    taken: set[str] = set()
    for _, before, after in sorted(_likeness(old, new), key=itemgetter(0), reverse=True):
        if before.key not in taken and after.key not in pairs:
            taken.add(before.key)
            pairs[after.key] = before.key


def _likeness(old: Sequence[Section], new: Sequence[Section]) -> Iterator[tuple[float, Section, Section]]:
    """Pairs that are alike enough. Only those are looked at that share a word which is not everybody's."""
    words = [_words(section) for section in old]
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for place, of_old in enumerate(words):
        for word in of_old:
            holders[word].append(place)
    for section in new:
        mine = _words(section)
        rare = (holders[word] for word in mine if word in holders and len(holders[word]) <= _MOST_HOLDERS)
        for place in sorted(set(chain.from_iterable(rare))):
            share = 2 * len(mine & words[place]) / (len(mine) + len(words[place]))
            if share >= (ALIKE_BESIDE_NUMBER if _same_number(old[place], section) else ALIKE):
                yield share, old[place], section


def _words(section: Section) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{section.title}\n{section.content}".casefold()))


def _same_number(old: Section, new: Section) -> bool:
    return old.number is not None and old.number == new.number
