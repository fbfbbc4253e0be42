"""Words and icons for states, as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from services.coordinator.new_version import NewVersion
from services.coordinator.notices import spoken
from services.domain.attempts import Changes
from services.domain.phase import Phase, QueueStatus
from services.domain.plan import Plan
from services.execution.batch import Progress
from services.execution.operations import in_words

ICONS: dict[QueueStatus, tuple[str, str]] = {
    QueueStatus.QUEUED: ("·", "dim"),
    QueueStatus.READY: ("○", "cyan"),
    QueueStatus.RUNNING: ("▶", "cyan"),
    QueueStatus.NEEDS_QA: ("?", "yellow"),
    QueueStatus.COMPLETED: ("✓", "green"),
    QueueStatus.FAILED: ("✗", "red"),
    QueueStatus.BLOCKED: ("⊘", "red"),
    QueueStatus.SKIPPED: ("»", "dim"),
    QueueStatus.CANCELLED: ("–", "dim"),
}
"""An icon and its colour; the word stands beside it wherever there is room, so that nothing hangs on the colour."""


def amended(changes: NewVersion) -> Iterator[str]:
    """What the run has changed about the plan, because its file or the policy has changed."""
    yield "The file has changed since this plan was made; the plan was amended:"
    yield from changes.lines()


def changes_record(changes: NewVersion) -> dict[str, Any]:
    """The same for machines."""
    done = [phase.name for phase in changes.completed]
    return {**changes.diff.as_json(), "rules": list(changes.reruled), "done": done}


def status_word(phase: Phase) -> str:
    """The status for people: work by hand does not run, it waits for its person."""
    attempt = phase.attempt
    if phase.status is QueueStatus.RUNNING and attempt is not None and attempt.lease_until is None:
        return "by hand"
    return phase.status.replace("_", " ")


def duration(took: timedelta | None) -> str:
    return "" if took is None else spoken(took)


def attempts(phase: Phase) -> str:
    """Nothing worth saying about the first one."""
    return f"attempt {phase.attempts}" if phase.attempts > 1 else ""


def files_in_words(told: Progress) -> str:
    """How far a batch has come: "12 of 1000 files, 1 failed, 4 running"."""
    counts = [(told.failed, "failed"), (told.skipped, "skipped"), (told.running, "running")]
    rest = "".join(f", {count} {word}" for count, word in counts if count)
    return f"{told.total - told.left} of {told.total} files{rest}"


def batch_in_words(phase: Phase) -> str:
    """What became of the files of its newest attempt; empty where there were none."""
    result = phase.attempt.result if phase.attempt else None
    return in_words(result.batch) if result and result.batch else ""


def changes_in_words(phase: Phase) -> Iterator[str]:
    """What is to be said of what its newest attempt has changed in a repository; nothing where that is what was wanted."""
    result = phase.attempt.result if phase.attempt else None
    changes = (result and result.changes) or Changes()
    if changes.unplanned:
        yield f"changed without being named by a task: {', '.join(changes.unplanned)}"
    if changes.note:
        yield f"{changes.branch}: {changes.note}"
    if changes.diff and phase.status is QueueStatus.FAILED:
        yield f"what it had changed, and is undone: {changes.diff}"


def blockers(plan: Plan, phase: Phase) -> str:
    """The names of the phases that keep a blocked one from ever starting."""
    gone = (QueueStatus.FAILED, QueueStatus.CANCELLED, QueueStatus.BLOCKED)
    return ", ".join(need.name for need in plan.needs(phase) if need.status in gone and not need.is_satisfied)


def one_line(text: str) -> str:
    """Text of others on one line, without what a terminal would take for an order."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
