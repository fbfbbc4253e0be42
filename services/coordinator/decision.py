"""What was decided: the plan as it is from now on, and what is to be done about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.domain.effects import Effect
from services.domain.events import Event
from services.domain.plan import Plan
from services.domain.texts import PlanText


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one message. `refused` says in words why an order changed nothing; empty if it did, or was a fact.

    `text` are bodies to be stored with the plan: only those that changed.
    """

    plan: Plan
    effects: tuple[Effect, ...] = ()
    events: tuple[Event, ...] = ()
    refused: str = ""
    text: PlanText | None = None

    def doing(self, *effects: Effect) -> Decision:
        return replace(self, effects=(*self.effects, *effects))

    def noting(self, *events: Event) -> Decision:
        return replace(self, events=(*self.events, *events))
