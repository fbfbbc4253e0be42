"""Labels: by which people find the issues of a plan."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.domain.phase import Phase

LONGEST = 50
"""Characters of a label's name that GitHub allows."""


@dataclass(frozen=True, slots=True)
class LabelNames:
    """What the labels are called; the policy may say otherwise. Names too long for GitHub are cut."""

    parent: str = "multi-phase"
    child: str = "multi-phase-child"

    def of_parent(self) -> tuple[str, ...]:
        return (_name(self.parent),)

    def of_child(self, phase: Phase) -> tuple[str, ...]:
        """`phase-2`, and that it is a child."""
        return (label_of_place(phase.place), _name(self.child))


def label_of_place(place: str) -> str:
    """`phase-2`."""
    return _name(f"phase-{place}")


def relabelled(labels: frozenset[str], old: str, new: str) -> frozenset[str]:
    """The labels of a child whose phase has changed its place. One that people took away stays away."""
    was, now = label_of_place(old), label_of_place(new)
    return labels - {was} | {now} if old and was in labels else labels


def _name(wanted: str) -> str:
    """A comma would end the name wherever labels are listed."""
    return re.sub(r"[\s,]+", "-", wanted)[:LONGEST].strip("-")
