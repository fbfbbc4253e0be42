"""Absence: why nothing can be done in a repository, where that was not a person's wish said to us."""

from __future__ import annotations

from enum import StrEnum


class Absence(StrEnum):
    """A project rests for as long as one of these holds, and goes on by itself when it ends."""

    GONE = "gone"  # deleted, or not shown to us any more: the App was removed from it
    SUSPENDED = "suspended"  # the installation of the App is
    ARCHIVED = "archived"  # it can be read, and not written to
    REFUSED = "refused"  # what we ask with is not allowed in it
