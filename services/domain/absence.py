"""Absence: why nothing can be done in a repository, where that was not a person's wish said to us."""

from __future__ import annotations

from enum import StrEnum


class Absence(StrEnum):
    """A project rests for as long as one of these holds, and goes on by itself when it ends."""

    GONE = "gone"  # deleted, or not shown to us any more: the App was removed from it
    SUSPENDED = "suspended"  # the installation of the App is
    ARCHIVED = "archived"  # it can be read, and not written to
    REFUSED = "refused"  # what we ask with is not allowed in it


def set_aside(project: str, repository: int) -> str:
    """How a project is called whose name another repository has taken, until it is known what its own is called by now. No
    repository can be called like this."""
    return f"{project.partition('@')[0]}@{repository}"


def is_set_aside(project: str) -> bool:
    return "@" in project
