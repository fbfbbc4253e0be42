"""The summary at the end of a run: how each phase stands, what went wrong, where to look, and how to go on."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from bot.cli.exits import Exit
from bot.cli.run.facts import Facts
from bot.cli.run.outcome import awaits_person, chosen
from bot.cli.run.records import phase_record, plan_record
from bot.cli.run.words import (
    ICONS,
    attempts,
    batch_in_words,
    blockers,
    changes_in_words,
    duration,
    one_line,
    status_word,
)
from services.coordinator.reason_words import of_merge
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan
from services.domain.progress import plan_status


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything there is to say at the end. `command` is the command line that goes on."""

    plan: Plan
    facts: Facts
    code: Exit
    dead_letters: Sequence[str]
    command: str
    show_issues: str
    has_policy: bool

    def record(self) -> dict[str, Any]:
        """For machines."""
        plan, facts = self.plan, self.facts
        return {
            **plan_record(facts, plan),
            "exit_code": int(self.code),
            "phases": [phase_record(facts, plan, phase) for phase in plan],
            "not_published": list(self.dead_letters),
            "command": self.command,
        }

    def text(self) -> Iterator[str]:
        """For people, line by line."""
        yield f"{click.style(one_line(self.plan.title), bold=True)}: {self._standing()}"
        for phase in self.plan:
            yield from self._phase(phase)
        yield from (f"  ! not written to the issues: {one_line(letter)}" for letter in self.dead_letters)
        if url := self.facts.url(self.plan):
            yield f"Issues: {url}"
            if self.show_issues:
                yield f"  served once this has ended by:  {self.show_issues}"
        yield from _in_git(self.plan)
        yield from self._way_on()

    def _standing(self) -> str:
        counted = Counter(map(status_word, self.plan))
        counts = ", ".join(f"{number} {word}" for word, number in counted.items())
        return f"{plan_status(self.plan)} ({counts})"

    def _phase(self, phase: Phase) -> Iterator[str]:
        icon, color = ICONS[phase.status]
        style = {"dim": True} if color == "dim" else {"fg": color}
        in_document = "done in the document" if phase.ticked and not phase.attempts and phase.is_satisfied else ""
        told = [status_word(phase), attempts(phase), in_document]
        if phase.attempt is not None and phase.finished_at is not None:
            told.append(duration(self.facts.took(phase)))
        yield f"  {click.style(icon, **style)} {one_line(phase.name)}: {', '.join(one for one in told if one)}"
        yield from (f"      {line}" for line in self._trouble(phase))

    def _trouble(self, phase: Phase) -> Iterator[str]:
        if files := batch_in_words(phase):
            yield f"files: {files}"
        yield from map(one_line, changes_in_words(phase))
        if phase.failure is not None and phase.status is QueueStatus.FAILED:
            tool = f" in {phase.failure.tool}" if phase.failure.tool else ""
            yield f"{phase.failure.type}{tool}: {one_line(phase.failure.message)}"
            if log := self.facts.log(phase):
                yield f"log: {log}"
        if phase.status is QueueStatus.BLOCKED:
            yield f"blocked by {one_line(blockers(self.plan, phase))}"
        if url := awaits_person(phase) and self.facts.url(self.plan, phase):
            yield f"{url}"

    def _way_on(self) -> Iterator[str]:
        left = [phase for phase in chosen(self.plan) if not phase.is_satisfied]
        if self.code is Exit.FAILED:
            yield "To try the failed phases again (what is done stays done):"
            yield f"  {self.command}"
        elif self.code is Exit.INTERRUPTED:
            yield "To go on where this stopped:"
            yield f"  {self.command}"
        elif left:
            yield from self._by_hand(left)

    def _by_hand(self, left: Sequence[Phase]) -> Iterator[str]:
        waiting = sum(map(awaits_person, left))
        policy = "" if self.has_policy else ", because no policy says what to run"
        yield f"{waiting} of the {len(left)} phases left {'waits' if waiting == 1 else 'wait'} for a person{policy}."
        yield "  When a phase is done, close its issue as completed; what depends on it goes on with the next:"
        yield f"    {self.command}"
        if "--wait" not in shlex.split(self.command):
            yield "  Add --wait to stay until all is done."
        if not self.has_policy:
            yield "  A policy (--policy phasebot.yml) says what to run for each phase; see: phasebot policy --help"


def _in_git(plan: Plan) -> Iterator[str]:
    """Where the results are, if they are not in the folder itself."""
    if plan.pull is not None:
        yield f"The plan {one_line(of_merge(plan.pull))}: {plan.pull.url or plan.pull.branch}"
        yield from (f"  {one_line(line)}" for line in plan.pull.why.splitlines())
        return
    results = (phase.attempt.result for phase in plan if phase.attempt and phase.attempt.result)
    branches = {result.changes.branch for result in results if result.changes and result.changes.branch}
    for branch in sorted(branches):
        yield f"The results are on the branch {branch}; your own files are as they were. To take them over:"
        yield f"  git merge {branch}"
