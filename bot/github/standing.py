"""Standing: whether anything can be done in a repository now, and what it is called. Asked, never believed of an event: events
come late, twice and in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.domain.absence import Absence
from services.domain.errors import NotAllowed, NotFound
from services.domain.messages import ProjectSeen

if TYPE_CHECKING:
    from bot.github.client import GitHub


def look_at(github: GitHub, project: str, *, cause: str) -> ProjectSeen:
    """One request; what has moved is found where its old address leads. Raises TransientError, RemoteUnavailable."""
    try:
        found = github.repository(project)
    except NotFound:
        return ProjectSeen(plan="", cause=cause, project=project, name=project, paused_for=Absence.GONE)
    except NotAllowed as refusal:
        return ProjectSeen(plan="", cause=cause, project=project, name=project, paused_for=_why(refusal))
    paused_for = Absence.ARCHIVED if found.archived else None
    return ProjectSeen(plan="", cause=cause, project=project, name=found.full_name, paused_for=paused_for)


def _why(refusal: NotAllowed) -> Absence:
    """The words are GitHub's: there is no code for it."""
    if "suspended" in refusal.message:
        return Absence.SUSPENDED
    return Absence.GONE if "not installed" in refusal.message else Absence.REFUSED
