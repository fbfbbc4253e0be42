"""The view for machines: one JSON object a line on stdout, and nothing else there.

Events: `plan` first, `phase` for each change of a phase, `notice` for what concerns the run itself, `summary` last.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click

from bot.cli.run.facts import Facts
from services.coordinator.reason_words import in_words, of_merge
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.progress import plan_status
from services.domain.pull import Pull
from services.execution.batch import Progress


class Records:
    """Says what is new since the last time it looked."""

    tick = 0.1

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._told: dict[str, dict[str, Any]] = {}

    def begin(self, plan: Plan, *, resumed: bool) -> None:
        phases = [{**phase_record(self._facts, plan, phase), "depends_on": _needs(plan, phase)} for phase in plan]
        self._told = {phase.key: _fixed(phase_record(self._facts, plan, phase)) for phase in plan}
        emit("plan", **plan_record(self._facts, plan), resumed=resumed, phases=phases)

    def show(self, plan: Plan) -> None:
        for phase in plan:
            record = phase_record(self._facts, plan, phase)
            if self._told.get(phase.key) != _fixed(record):
                self._told[phase.key] = _fixed(record)
                emit("phase", **record)

    def refresh(self) -> None:
        """Records are about changes alone."""

    def progress(self, phase: Phase, told: Progress) -> None:
        emit("files", key=phase.key, **asdict(told))

    def say(self, sentence: str) -> None:
        emit("notice", message=sentence)

    def end(self) -> None:
        """Records are complete as they are."""


def emit(event: str, **values: Any) -> None:
    """One line, flushed: whoever reads it sees it as it comes."""
    click.echo(json.dumps({"event": event, **values}, ensure_ascii=False))


def plan_record(facts: Facts, plan: Plan) -> dict[str, Any]:
    """A plan as machines see it."""
    return {
        "id": plan.id,
        "title": plan.title,
        "project": plan.project,
        "source": plan.source,
        "status": plan_status(plan).value,
        "url": facts.url(plan),
        "pull": plan.pull and _pull(plan.pull),
    }


def _pull(pull: Pull) -> dict[str, Any]:
    """How its pull request stands."""
    return {"state": pull.state.value, "number": pull.number or None, "url": pull.url, "branch": pull.branch,
            "message": of_merge(pull)}  # fmt: skip


def phase_record(facts: Facts, plan: Plan, phase: Phase) -> dict[str, Any]:
    """A phase as machines see it. `seconds` are those of the newest attempt; `reason` says why it waits."""
    reason, failure = facts.reason(plan, phase), phase.failure
    log = facts.log(phase)
    return {
        "key": phase.key,
        "number": phase.number,
        "title": phase.title,
        "status": phase.status.value,
        "executor": phase.rules.executor,
        "attempt": phase.attempts,
        "seconds": _seconds(facts.took(phase)),
        "reason": reason and {"code": reason.code.value, "message": in_words(plan, reason, facts.now())},
        "error": failure and {"type": failure.type, "tool": failure.tool, "message": failure.message},
        "files": _files(phase),
        "log": log and str(log),
        "changes": _changes(phase),
        "issue": phase.issue and phase.issue.number,
        "url": facts.url(plan, phase),
    }


def _files(phase: Phase) -> dict[str, Any] | None:
    """What became of the files of its newest attempt, where it was repeated for files."""
    result = phase.attempt.result if phase.attempt else None
    return asdict(result.batch) if result and result.batch else None


def _changes(phase: Phase) -> dict[str, Any] | None:
    """What its newest attempt has changed in a repository."""
    result = phase.attempt.result if phase.attempt else None
    return asdict(result.changes) if result and result.changes else None


def _needs(plan: Plan, phase: Phase) -> list[str]:
    return list(plan.graph.needs[phase.key])


def _seconds(took: timedelta | None) -> float | None:
    return None if took is None else round(took.total_seconds(), 3)


def _fixed(record: dict[str, Any]) -> dict[str, Any]:
    """Without what changes with time alone."""
    reason = record["reason"]
    return {**record, "seconds": None, "reason": reason and reason["code"]}
