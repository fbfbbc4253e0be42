"""Standing: whether anything can be done in a repository now, and what it is called. Asked, never believed of an event: events
come late, twice and in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.domain.absence import Absence, is_set_aside, set_aside
from services.domain.errors import NotAllowed, NotFound, UserError
from services.domain.messages import ProjectSeen

if TYPE_CHECKING:
    from bot.github.answers import RemoteRepository
    from bot.github.client import GitHub


def look_at(github: GitHub, project: str, *, cause: str, known: int | None = None) -> ProjectSeen:
    """One request; what has moved is found where its old address leads. `known` is the number of the repository that is meant,
    as far as it is known: where another one has its name by now, it is asked for by that. Raises TransientError,
    RemoteUnavailable."""
    name, found, paused_for = project, None, None
    try:
        found = _found(github, project, known)
        name, paused_for = found.full_name, Absence.ARCHIVED if found.archived else None
    except _NameTaken:
        name, paused_for = set_aside(project, known or 0), Absence.GONE
    except NotFound:
        paused_for = Absence.GONE
    except NotAllowed as refusal:
        paused_for = _why(refusal)
    number = found.id if found else known
    return ProjectSeen(plan="", cause=cause, project=project, name=name, paused_for=paused_for, repository=number)


class _NameTaken(Exception):
    """Another repository has the name, and the one that is meant cannot be found."""


def _found(github: GitHub, project: str, known: int | None) -> RemoteRepository:
    if not is_set_aside(project):
        found = github.repository(project)
        if known in (None, found.id):
            return found
    try:
        return github.repository_of(project, known or 0)
    except UserError as error:
        if is_set_aside(project):
            raise
        raise _NameTaken from error


def _why(refusal: NotAllowed) -> Absence:
    """The words are GitHub's: there is no code for it."""
    if "suspended" in refusal.message:
        return Absence.SUSPENDED
    return Absence.GONE if "not installed" in refusal.message else Absence.REFUSED
