"""The pull request of a plan as people read it: its title, and what it says of the phases whose results it has."""

from __future__ import annotations

from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan
from services.publishing.block import Block
from services.publishing.markers import Markers
from services.publishing.text import cut, inline, title
from services.publishing.words import STATUS, full_name, reference

MOST_ROWS = 100
_KEY = "/pull"
"""No phase is called so: the block is neither the parent's nor a phase's."""


def pull_title(of_plan: str) -> str:
    return title(of_plan)


def pull_body(plan: Plan, markers: Markers, written: str = "") -> str:
    """What people have written in it, if anything, with the block as it is to be."""
    return Block(markers, plan.id, _KEY).replaced(written, _block(plan))


def _block(plan: Plan) -> str:
    """No word that closes an issue by itself: the merge is what completes the plan, and phasebot closes its parent then."""
    whole = f"What the plan {reference(plan.issue)} has brought. **Its merge completes the plan.**"
    lines = [_line(phase) for phase in list(plan)[:MOST_ROWS]]
    if len(plan.phases) > MOST_ROWS:
        lines.append(f"- … and {len(plan.phases) - MOST_ROWS} more")
    return cut(f"{' '.join(whole.split())}\n\n" + "\n".join(lines))


def _line(phase: Phase) -> str:
    issue = f" (#{phase.issue.number})" if phase.issue else ""
    how = "" if phase.status is QueueStatus.COMPLETED else f" – {STATUS[phase.status]}"
    return f"- {inline(full_name(phase))}{issue}{how}"
