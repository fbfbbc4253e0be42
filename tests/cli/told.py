"""A story that views can be asked to show: the facts they ask for come from the plan as the story has it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.reasons import Reason, why_not_running
from tests.plans import Story


class Told:
    """Answers what the running program would, about a story."""

    def __init__(self, story: Story) -> None:
        self.story = story

    @property
    def clock(self) -> Told:
        return self

    def now(self) -> datetime:
        return self.story.now

    def why(self, plan: Plan, phase: Phase) -> Reason | None:
        return why_not_running(plan, phase, self.story.world, self.story.now)

    def issue_url(self, plan: Plan, phase: Phase | None = None) -> str:
        issue = phase.issue if phase else plan.issue
        return f"http://hub/{plan.project}/issues/{issue.number}" if issue else ""

    def log_path(self, phase: Phase) -> Path | None:
        return Path(f"/logs/{phase.key}.log") if phase.attempt else None
