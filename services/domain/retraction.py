"""Retraction: what a retracted plan leaves behind, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why an issue was left as it was."""

    COMPLETED = "completed"
    """Its work is done, and it is closed as such."""
    NOT_OURS = "not_ours"
    """Somebody else wrote it: only what the bot had put into it was taken out."""
    GONE = "gone"
    """Deleted, or moved to another repository."""


@dataclass(frozen=True, slots=True)
class Left:
    """An issue, by its number, that was not closed."""

    issue: int
    why: Why
