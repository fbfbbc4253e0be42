"""Matching: which phase of a new outline is which phase of the old one, by name where it can be, else by content."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter

from services.planning.outlines import Section

ALIKE = 0.5
"""The share of words that two phases of different names have in common, from which on they are the same phase."""

ALIKE_BESIDE_NUMBER = 0.4
"""The share that is enough where both have the same number."""

_OWN_SHARE = 3
"""A word in more than one of so many phases is how this document speaks (`depends on`, `goal`), and tells nothing about one."""

_MOST_HOLDERS = 64
"""Nor does a word in more phases than this, however many there are; leaving it out keeps the search linear."""

_WORD = re.compile(r"\w{2,}")

Worded = tuple[Section, frozenset[str]]
"""A phase and its words."""

Trait = Callable[[Section], Hashable]


def matched(old: Sequence[Section], new: Sequence[Section]) -> dict[str, str]:
    """For each phase of the new outline that is one of the old one: its key there, by its key here."""
    pairs: dict[str, str] = {}
    for trait in (_name, _title, _content):
        _pair_equal(old, new, trait, pairs)
    _pair_alike(old, new, pairs)
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
    left, joined = _left(old, pairs.values()), _left(new, pairs)
    if not left or not joined:
        return
    taken: set[str] = set()
    before, after = _own_words(old, left), _own_words(new, joined)
    for _, one, other in sorted(_likeness(before, after), key=itemgetter(0), reverse=True):
        if one.key not in taken and other.key not in pairs:
            taken.add(one.key)
            pairs[other.key] = one.key


def _likeness(old: Sequence[Worded], new: Sequence[Worded]) -> Iterator[tuple[float, Section, Section]]:
    """Pairs that are alike enough. Only those are looked at that share a word."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for place, (_, words) in enumerate(old):
        for word in words:
            holders[word].append(place)
    for section, words in new:
        near = set(chain.from_iterable(holders.get(word, ()) for word in words))
        for before, theirs in (old[place] for place in sorted(near)):
            share = 2 * len(words & theirs) / (len(words) + len(theirs))
            if share >= (ALIKE_BESIDE_NUMBER if _same_number(before, section) else ALIKE):
                yield share, before, section


def _own_words(document: Sequence[Section], some: Sequence[Section]) -> list[Worded]:
    """Some phases of a document, each with those of its words that are not everybody's."""
    held = Counter(chain.from_iterable(map(_words, document)))
    most = min(_MOST_HOLDERS, max(1, len(document) // _OWN_SHARE))
    return [(one, frozenset(word for word in _words(one) if held[word] <= most)) for one in some]


def _words(section: Section) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{section.title}\n{section.content}".casefold()))


def _same_number(old: Section, new: Section) -> bool:
    return old.number is not None and old.number == new.number
