"""Landed: what runs, hosted agents and people have done is on branches, from where later phases take it."""

from __future__ import annotations

from services.domain.phase import ACTIONS, AGENT, LOCAL, Phase
from services.domain.transitions import PhaseState

DEFAULT = ""
"""The default branch of the remote repository."""
PEOPLES = "."
"""Where people work: the default branch of an origin, or what is checked out in a repository of their own."""


def was_elsewhere(phase: Phase) -> bool:
    """Its work is no result of ours."""
    return phase.state is PhaseState.COMPLETED and phase.done_by != LOCAL


def branches_with(phase: Phase, of_plan: str) -> tuple[str, ...]:
    """Those that have the work of a phase that was elsewhere. `of_plan` is the branch of its plan, which a run may push to, if
    it is there."""
    return {AGENT: (phase.rules.base,), ACTIONS: (phase.rules.ref, of_plan)}.get(phase.done_by, (PEOPLES,))
