"""Answers: what may be asked about plans while a process works on them. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.parts import Parts
from services.coordinator.spending import with_spending
from services.domain.errors import TransientError, UserError
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.progress import is_at_rest
from services.domain.reasons import Reason, why_not_running
from services.domain.world import World


class IssuePages:
    """Links to the pages of issues; empty for issues that are not there, and for all while the tracker cannot be reached."""

    def __init__(self, web_url: Callable[[], str]) -> None:
        self._web_url = web_url
        self._known: str | None = None

    def issue(self, plan: Plan, phase: Phase | None = None) -> str:
        issue = phase.issue if phase else plan.issue
        if issue is None:
            return ""
        if self._known is None:
            try:
                self._known = self._web_url()
            except (UserError, TransientError):
                self._known = ""
        return f"{self._known}/{plan.project}/issues/{issue.number}" if self._known else ""


class Answers:
    """One for a process. `is_idle` says whether nothing of a project waits to be carried out."""

    def __init__(self, parts: Parts, is_idle: Callable[[str], bool]) -> None:
        self.clock = parts.clock
        self._parts = parts
        self._is_idle = is_idle

    def plan(self, id: str) -> Plan | None:
        return self._parts.store.lookups.plan(id)

    def why(self, plan: Plan, phase: Phase) -> Reason | None:
        """Why a phase is not running; None if it may start, runs, or is decided."""
        return self.why_now()(plan, phase)

    def why_now(self) -> Callable[[Plan, Phase], Reason | None]:
        """`why` for many phases at one moment: what lies outside of their plans is looked at once."""
        lookups = self._parts.store.lookups
        world = replace(self._parts.gate.shown(), slots=lookups.slots(), paused_projects=lookups.paused_projects())
        now = self.clock.now()
        worlds: dict[str, World] = {}

        def why(plan: Plan, phase: Phase) -> Reason | None:
            if plan.id not in worlds:
                worlds[plan.id] = with_spending(world, [plan], lookups.spending, now)
            return why_not_running(plan, phase, worlds[plan.id], now)

        return why

    def issue_url(self, plan: Plan, phase: Phase | None = None) -> str:
        """The page of a phase's issue, or of the parent's; empty while there is none."""
        issue = phase.issue if phase else plan.issue
        if issue is None:
            return ""
        return f"{self._parts.tracker.open().web_url}/{plan.project}/issues/{issue.number}"

    def pages(self) -> IssuePages:
        """Where issues are read; asked once for many of them."""
        return IssuePages(lambda: self._parts.tracker.open().web_url)

    def dead_letters(self, plan: str) -> list[str]:
        """Effects that could not be carried out, each with its error."""
        return [f"{one.effect}: {one.error}" for one in self._parts.store.lookups.dead_letters(plan)]

    def log_path(self, phase: Phase) -> Path | None:
        """The output kept of the newest attempt of a phase."""
        failure = phase.attempt.failure if phase.attempt else None
        location = failure.details.get("log") if failure else None
        return Path(str(location)) if location else None

    def settled(self, plan: Plan) -> bool:
        """Nothing can move without a person, and everything that had to be said has been said."""
        return is_at_rest(plan) and self._is_idle(plan.project)
