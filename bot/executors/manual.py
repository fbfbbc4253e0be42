"""The manual executor: a person does the work, and says so."""

from __future__ import annotations

from services.domain.phase import MANUAL
from services.ports import Assignment


class ManualExecutor:
    """Nothing to begin and nothing to end: the word of a person completes the phase."""

    name = MANUAL

    def dispatch(self, assignment: Assignment) -> None:
        """The issue says what is to be done."""

    def stop(self, plan: str, phase: str, fence: int) -> None:
        """Nobody is interrupted."""
