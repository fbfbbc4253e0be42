"""Scope: how much of a document is taken on as a plan, and what it means that parts of it are done already."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from services.domain.errors import PlanInvalid
from services.planning.draft import PhaseDraft, PlanDraft


class DonePhases(StrEnum):
    """What becomes of phases that the document says are done: all tasks ticked, or the heading marked.

    `completed`: they are phases of the plan, completed from the start. `left_out`: they do not join it, and nothing waits
    for them. `again`: they are carried out like any other.
    """

    COMPLETED = "completed"
    LEFT_OUT = "left_out"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Scope:
    """`selected`: only these phases are carried out; None: all. `ignores_dependencies`: those need nothing but one another."""

    selected: frozenset[str] | None = None
    ignores_dependencies: bool = False
    done: DonePhases = DonePhases.COMPLETED

    def taken_on(self, draft: PlanDraft, name: str) -> PlanDraft:
        """The draft as a new plan is made of it. Raises PlanInvalid if nothing is left of it."""
        if self.done is DonePhases.LEFT_OUT:
            draft = without(draft, {phase.key for phase in draft.phases if phase.done}, name)
        if self.selected is not None and self.ignores_dependencies:
            draft = without_the_rest(draft, self.selected)
        return draft

    def counts_as_done(self, phase: PhaseDraft) -> bool:
        """Its dependents need not wait for it."""
        return phase.done and self.done is not DonePhases.AGAIN


def without(draft: PlanDraft, keys: Collection[str], name: str) -> PlanDraft:
    """The draft without these phases, which are done: nobody needs them any more. `name` is that of the document."""
    kept = tuple(
        replace(phase, depends_on=tuple(need for need in phase.depends_on if need.key not in keys))
        for phase in draft.phases
        if phase.key not in keys
    )
    if draft.phases and not kept:
        raise PlanInvalid(
            "everything in this document is done already, and the policy leaves out what is done",
            where=name,
            fix="Add a phase that is still to be done, or set `publish: {done: completed}` in the policy.",
        )
    return replace(draft, phases=kept)


def without_the_rest(draft: PlanDraft, chosen: frozenset[str]) -> PlanDraft:
    """The draft with the chosen phases no longer needing those that were not chosen."""
    phases = tuple(
        replace(phase, depends_on=tuple(need for need in phase.depends_on if need.key in chosen))
        if phase.key in chosen
        else phase
        for phase in draft.phases
    )
    return replace(draft, phases=phases)
