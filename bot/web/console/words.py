"""Words of the pages: moments, durations, and what states are called."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from services.domain.attempts import AttemptState
from services.domain.phase import QueueStatus
from services.domain.progress import PlanStatus

STATUS: dict[str, str] = {
    QueueStatus.QUEUED: "queued",
    QueueStatus.READY: "ready",
    QueueStatus.RUNNING: "running",
    QueueStatus.NEEDS_QA: "needs a verdict",
    QueueStatus.COMPLETED: "completed",
    QueueStatus.FAILED: "failed",
    QueueStatus.BLOCKED: "blocked",
    QueueStatus.SKIPPED: "skipped",
    QueueStatus.CANCELLED: "cancelled",
    PlanStatus.PLANNED: "not started",
    PlanStatus.PUBLISHING: "publishing",
    PlanStatus.PAUSED: "paused",
    AttemptState.CLAIMED: "claimed",
    AttemptState.DISPATCHED: "handed over",
    AttemptState.STOPPING: "being stopped",
    AttemptState.SUCCEEDED: "succeeded",
    AttemptState.TIMED_OUT: "timed out",
    AttemptState.LOST: "lost",
}
"""Of phases, plans and attempts."""

PRIORITIES = ((10, "urgent"), (20, "high"), (50, "normal"), (70, "low"), (90, "background"))

KINDS: dict[str, str] = {"qa": "verdict", "work": "work"}


def when(moment: datetime | None) -> Markup:
    """A moment as an element that says it in UTC; a script tells it from the reader's point of view."""
    if moment is None:
        return Markup("–")
    exact = f"{moment:%Y-%m-%d %H:%M} UTC"
    return Markup('<time datetime="{0}" title="{1}">{1}</time>').format(f"{moment:%Y-%m-%dT%H:%M:%SZ}", exact)


def duration(value: float | timedelta | None) -> str:
    """`8 s`, `3 min 20 s`, `2 h 5 min`, `4 d 2 h`."""
    if value is None:
        return "–"
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    for unit, length, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= length:
            rest = int(seconds % length // part)
            return f"{int(seconds // length)} {unit} {rest} {smaller}" if rest else f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def status(value: str) -> str:
    return STATUS.get(value, str(value).replace("_", " "))


def priority(value: int) -> str:
    """The word for it, or the number where there is none."""
    return next((word for number, word in PRIORITIES if number == value), str(value))


def count(number: int, one: str, many: str = "") -> str:
    """`1 phase`, `3 phases`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    """Bytes for people."""
    for unit, length in (("MB", 1_000_000), ("kB", 1000)):
        if number >= length:
            return f"{number / length:.1f} {unit}"
    return f"{number} B"


def capitalized(text: str) -> str:
    """Only the first letter; `capitalize` would make the rest small."""
    return text[:1].upper() + text[1:]


def ticks(text: str) -> Markup:
    """What stands between backticks, as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
