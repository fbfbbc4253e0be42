"""The view without a terminal: one line on stderr for each change, in a form that stays the same.

completed  2: Write the pages (attempt 1, 0.4 s)
"""

from __future__ import annotations

import click

from bot.cli.run.facts import Facts
from bot.cli.run.words import duration, files_in_words, one_line, status_word
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan
from services.domain.transitions import PhaseState
from services.execution.batch import Progress

_WIDTH = 10
_ENDED = (QueueStatus.COMPLETED, QueueStatus.FAILED, QueueStatus.NEEDS_QA)


class Lines:
    """Says what is new since the last time it looked."""

    tick = 0.1

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._told: dict[str, tuple[str, int]] = {}
        self._address = ""

    def begin(self, plan: Plan, *, resumed: bool) -> None:
        """Phases that merely wait are not worth a line, nor is what an earlier run has told."""
        self._say("resumed" if resumed else "plan", f"{one_line(plan.title)} ({len(plan.phases)} phases)")
        self._told = {phase.key: _moment(phase) for phase in plan if _is_old(phase, resumed=resumed)}
        self.show(plan)

    def show(self, plan: Plan) -> None:
        if not self._address and (address := self._facts.url(plan)):
            self._address = address
            self._say("issue", address)
        for phase in plan:
            moment = _moment(phase)
            if self._told.get(phase.key) != moment:
                self._told[phase.key] = moment
                self._say(status_word(phase), f"{one_line(phase.name)}{self._details(plan, phase)}")

    def refresh(self) -> None:
        """Lines are about changes alone."""

    def progress(self, phase: Phase, told: Progress) -> None:
        self._say("files", f"{one_line(phase.name)} ({files_in_words(told)})")

    def say(self, sentence: str) -> None:
        self._say("notice", sentence)

    def end(self) -> None:
        """Lines are complete as they are."""

    def _details(self, plan: Plan, phase: Phase) -> str:
        parts = [f"attempt {phase.attempts}"] if phase.attempts else []
        if phase.status in _ENDED:
            parts.append(duration(self._facts.took(phase)))
        if phase.state is PhaseState.WAITING:
            parts.append(self._facts.reason_words(plan, phase))
        if phase.failure is not None and phase.status is QueueStatus.FAILED:
            parts.append(phase.failure.message)
        told = one_line(", ".join(part for part in parts if part))
        return f" ({told})" if told else ""

    def _say(self, word: str, rest: str) -> None:
        click.echo(f"{word:<{_WIDTH}} {rest}", err=True)


def _is_old(phase: Phase, *, resumed: bool) -> bool:
    return phase.attempt is None or (resumed and not phase.is_in_flight)


def _moment(phase: Phase) -> tuple[str, int]:
    """What has to change for a new line."""
    return status_word(phase), phase.attempts
