"""Words and signs of the terminal: every state has a sign and a word, and colour only besides."""

from __future__ import annotations

import re
from datetime import datetime

from rich.text import Text

from bot.clock import SystemClock
from bot.web.api.shapes import QueueItem

_STATES: dict[str, tuple[str, str, str]] = {
    "running": ("▶", "running", "bold cyan"),
    "needs_qa": ("?", "needs verdict", "bold magenta"),
    "failed": ("✗", "failed", "bold red"),
    "blocked": ("■", "blocked", "yellow"),
    "ready": ("○", "ready", "cyan"),
    "queued": ("·", "queued", ""),
    "completed": ("✓", "completed", "green"),
    "skipped": ("»", "skipped", "dim"),
    "cancelled": ("-", "cancelled", "dim"),
    "planned": ("·", "not started", ""),
    "publishing": ("↑", "publishing", "cyan"),
    "paused": ("‖", "paused", "yellow"),
    "claimed": ("▶", "claimed", "cyan"),
    "dispatched": ("▶", "handed over", "cyan"),
    "stopping": ("▶", "being stopped", "yellow"),
    "succeeded": ("✓", "succeeded", "green"),
    "timed_out": ("✗", "timed out", "bold red"),
    "lost": ("✗", "lost", "bold red"),
}
"""Of phases, plans and attempts: sign, word, style."""

_CLOCK = SystemClock()
"""The reader's own."""

_URGENCY = list(_STATES)
_NOT_PRINTABLE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, and what moves the cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    r"|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # what turns the direction of writing
)


def clean(text: str) -> str:
    """What people or programs have written, without anything that a terminal would obey."""
    return _NOT_PRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).expandtabs(4)


def line(text: str, style: str = "") -> Text:
    """The same as one line, and never as markup."""
    return Text(" ".join(clean(text).split()), style=style, no_wrap=True, overflow="ellipsis", end="")


def state(value: str) -> Text:
    sign, word, style = _STATES.get(value, ("·", value.replace("_", " "), ""))
    return Text().append(f"{sign} {word}", style)


def urgency(value: str) -> int:
    """For sorting: what needs somebody first, what is done last."""
    return _URGENCY.index(value) if value in _URGENCY else len(_URGENCY)


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """`12s`, `5m`, `3h`, `2d` since then."""
    if moment is None:
        return ""
    seconds = max(0, int(((now or _CLOCK.now()) - moment).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def at(moment: datetime | None) -> str:
    """In the reader's zone."""
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def issue(number: int | None) -> str:
    return "" if number is None else f"#{number}"


def why(item: QueueItem) -> str:
    """What a reader wants to know about how it stands, in one line."""
    if item.reason is not None:
        return item.reason.words
    return (item.error_message or "") if item.status == "failed" else ""


def name(item: QueueItem) -> str:
    return f"{item.phase_number} {item.phase_data.title}"
