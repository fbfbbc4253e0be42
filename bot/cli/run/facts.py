"""Facts about a plan that views and the summary ask for: reasons in words, durations, addresses."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from services.coordinator.reason_words import in_words
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.reasons import Reason
from services.ports import Clock


class Source(Protocol):
    """Where the facts come from: the answers of the running Phasebot."""

    @property
    def clock(self) -> Clock: ...

    def why(self, plan: Plan, phase: Phase) -> Reason | None: ...

    def issue_url(self, plan: Plan, phase: Phase | None = None) -> str: ...

    def log_path(self, phase: Phase) -> Path | None: ...


class Facts:
    """Asks the source, and answers in words."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def now(self) -> datetime:
        return self._source.clock.now()

    def reason(self, plan: Plan, phase: Phase) -> Reason | None:
        """Why a phase that waits is not running."""
        return self._source.why(plan, phase)

    def reason_words(self, plan: Plan, phase: Phase) -> str:
        """The same as words; "" where nothing holds it up."""
        reason = self.reason(plan, phase)
        return in_words(plan, reason, self.now()) if reason else ""

    def url(self, plan: Plan, phase: Phase | None = None) -> str:
        """The page of an issue; "" while there is none."""
        return self._source.issue_url(plan, phase)

    def log(self, phase: Phase) -> Path | None:
        """The output kept of its newest attempt."""
        return self._source.log_path(phase)

    def took(self, phase: Phase) -> timedelta | None:
        """How long its newest attempt took, or has been going on; None if there was none."""
        attempt = phase.attempt
        if attempt is None:
            return None
        return (attempt.finished_at or phase.finished_at or self.now()) - attempt.claimed_at
