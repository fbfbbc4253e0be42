"""A view of a run: how people, or machines, see it while it goes on."""

from __future__ import annotations

from typing import Protocol

from services.domain.phase import Phase
from services.domain.plan import Plan
from services.execution.batch import Progress


class View(Protocol):
    """Used from one thread. `tick` is how many seconds may pass without news before `refresh` is called."""

    tick: float

    def begin(self, plan: Plan, *, resumed: bool) -> None:
        """The plan is stored, and about to move."""

    def show(self, plan: Plan) -> None:
        """The plan has changed."""

    def refresh(self) -> None:
        """Time has passed."""

    def progress(self, phase: Phase, told: Progress) -> None:
        """A batch of files of the phase has come so far."""

    def say(self, sentence: str) -> None:
        """Something about the run itself that has to be known now."""

    def end(self) -> None:
        """Nothing more is to come. Safe to call twice."""
