"""Merging: the new text of an issue with what people made of the old one. Nothing that a person wrote is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import pairwise

Lines = Sequence[str]
Sync = tuple[int, int, int, int]
"""Where base, new and edited are the same: the three beginnings, and how many lines."""

HEADING = "### Changed in the plan"
_EXPLAINED = "The plan has changed where this text was edited by hand. Both are kept; the plan now says:"


@dataclass(frozen=True, slots=True)
class Merged:
    """The text, and the passages of the plan that met an edit by hand: they are appended, not put in its place."""

    text: str
    conflicts: tuple[str, ...] = ()


def merged(base: str, new: str, edited: str) -> Merged:
    """`base` is what was published, `new` what is to be, `edited` what is there. By lines, each change where it was made."""
    if edited == base:
        return Merged(new)
    lines, conflicts = list[str](), list[str]()
    for old, ours, theirs in _parts(base.split("\n"), new.split("\n"), edited.split("\n")):
        lines += ours if theirs == old else theirs
        if ours not in (old, theirs) and theirs != old:
            conflicts.append("\n".join(ours).strip("\n"))
    return Merged(_with_conflicts("\n".join(lines), conflicts), tuple(conflicts))


def _parts(old: Lines, ours: Lines, theirs: Lines) -> Iterator[tuple[Lines, Lines, Lines]]:
    """The three texts cut at what they have in common; what is the same in all three is a part as well."""
    end: Sync = (len(old), len(ours), len(theirs), 0)
    for before, after in pairwise([(0, 0, 0, 0), *_in_common(old, ours, theirs), end]):
        base, mine, yours, length = before
        yield old[base : base + length], ours[mine : mine + length], theirs[yours : yours + length]
        base, mine, yours = base + length, mine + length, yours + length
        yield old[base : after[0]], ours[mine : after[1]], theirs[yours : after[2]]


def _in_common(old: Lines, ours: Lines, theirs: Lines) -> Iterator[Sync]:
    """The stretches of the old text that are still there on both sides."""
    mine, yours = _matches(old, ours), _matches(old, theirs)
    at = to = 0
    while at < len(mine) and to < len(yours):
        one, other = mine[at], yours[to]
        start, end = max(one.a, other.a), min(one.a + one.size, other.a + other.size)
        if start < end:
            yield start, one.b + start - one.a, other.b + start - other.a, end - start
        if one.a + one.size < other.a + other.size:
            at += 1
        else:
            to += 1


def _matches(old: Lines, new: Lines) -> list[Match]:
    """What the two have in common. Beginning and end are compared first: most often little is left to be searched."""
    most = min(len(old), len(new))
    start = next((at for at in range(most) if old[at] != new[at]), most)
    end = next((at for at in range(most - start) if old[-1 - at] != new[-1 - at]), most - start)
    middle = SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end]).get_matching_blocks()
    shifted = (Match(one.a + start, one.b + start, one.size) for one in middle)
    return [Match(0, 0, start), *shifted, Match(len(old) - end, len(new) - end, end)]


def _with_conflicts(text: str, conflicts: Sequence[str]) -> str:
    """Each passage once, however often the same change is merged."""
    fresh = [passage for passage in conflicts if passage and passage not in text]
    if not fresh:
        return text
    return "\n\n".join([text.rstrip("\n"), "---", HEADING, _EXPLAINED, *fresh])
