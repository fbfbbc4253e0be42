"""Phase rows: phases as lists show them, with why they wait, how long they took, and what may be done about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.web.auth.permits import Permit
from bot.web.console.words import capitalized
from services.commands.offers import verbs_for_phase
from services.coordinator.reason_words import in_words
from services.domain.access import Role
from services.domain.critical_path import took
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan

WAITING = (QueueStatus.QUEUED, QueueStatus.READY, QueueStatus.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow:
    """One phase of a list. `why` is empty where nothing has to be explained; `verbs` are those that the reader may use."""

    id: str
    plan: Plan
    phase: Phase
    why: str
    until: datetime | None
    seconds: float | None
    issue_url: str
    verbs: tuple[str, ...]

    @property
    def status(self) -> QueueStatus:
        return self.phase.status

    @property
    def priority(self) -> int:
        return self.plan.priority if self.phase.priority is None else self.phase.priority

    @property
    def version(self) -> int:
        return self.plan.version


class Rows:
    """Makes rows, all of them about one moment, with a fixed number of queries."""

    def __init__(self, permit: Permit) -> None:
        self._permit = permit
        self._why = permit.bot.answers.why_now()
        self._now = permit.bot.clock.now()
        self._pages = permit.bot.answers.pages()

    def of(self, plan: Plan, keys: Iterable[str]) -> list[PhaseRow]:
        """Those of the plan's phases that are still there."""
        return [self.row(plan, plan.phases[key]) for key in keys if key in plan.phases]

    def row(self, plan: Plan, phase: Phase) -> PhaseRow:
        found = self._why(plan, phase) if phase.status in WAITING else None
        is_operator = self._permit.caller.may(Role.OPERATOR, plan.project)
        return PhaseRow(
            id=f"{plan.id}.{phase.serial}",
            plan=plan,
            phase=phase,
            why=capitalized(in_words(plan, found, self._now)) if found else _otherwise(phase),
            until=found.until if found else None,
            seconds=took(phase, self._now),
            issue_url=self._pages.issue(plan, phase),
            verbs=verbs_for_phase(plan, phase) if is_operator else (),
        )


def _otherwise(phase: Phase) -> str:
    """Why it stands as it does, where that is not a matter of waiting."""
    if phase.failure and phase.status is QueueStatus.FAILED:
        return phase.failure.message
    if phase.status is QueueStatus.NEEDS_QA:
        return "Its result waits for a verdict"
    if phase.status is QueueStatus.RUNNING and phase.rules.executor == "manual":
        return "A person works on it"
    return ""
