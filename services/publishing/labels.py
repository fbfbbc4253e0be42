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
        """`phase-2`, after the number as written, or the place in the plan where there is none."""
        return (_name(f"phase-{phase.number or phase.ordinal}"), _name(self.child))


def _name(wanted: str) -> str:
    """A comma would end the name wherever labels are listed."""
    return re.sub(r"[\s,]+", "-", wanted)[:LONGEST].strip("-")
