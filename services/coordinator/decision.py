"""What was decided: the plan as it is from now on, and what is to be done about it."""

from __future__ import annotations

from dataclasses import dataclass

from services.domain.effects import Effect
from services.domain.events import Event
from services.domain.plan import Plan


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one message. `refused` says in words why an order changed nothing; empty if it did, or was a fact."""

    plan: Plan
    effects: tuple[Effect, ...] = ()
    events: tuple[Event, ...] = ()
    refused: str = ""

    def doing(self, *effects: Effect) -> Decision:
        return Decision(self.plan, (*self.effects, *effects), self.events, self.refused)

    def noting(self, *events: Event) -> Decision:
        return Decision(self.plan, self.effects, (*self.events, *events), self.refused)
