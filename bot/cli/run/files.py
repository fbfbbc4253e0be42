"""News of batches: how far the files of a phase have come, told now and then and at the end."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from bot.cli.run.view import View
from services.domain.plan import Plan
from services.execution.batch import Progress

PAUSE = 0.5
"""Seconds between two words about the same phase."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """A batch of this phase has come so far."""

    plan: str
    phase: str
    told: Progress


class FileNews:
    """Tells the view, but not of every file."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._next: dict[str, float] = {}

    def hear(self, plan: Plan, news: Progressed) -> None:
        """Late words are left out; the last one of a batch never is."""
        now, is_over = monotonic(), not news.told.left
        if news.phase in plan.phases and (is_over or now >= self._next.get(news.phase, 0)):
            self._next[news.phase] = now + PAUSE
            self._view.progress(plan.phases[news.phase], news.told)
