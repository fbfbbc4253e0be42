"""Whereabouts: which project of ours an event is about, whatever its repository was called when the event was sent.

Repositories are renamed, transferred, and their old names taken by others; events come late, and before we have heard of it.
What stays is the number of a repository.
"""

from __future__ import annotations

import json

from bot.github.events.payloads import Payload, Repository
from bot.github.events.sources import Sources
from services.domain.errors import NotFound, NotNow
from services.domain.messages import ProjectSeen

_SOON = 0.5


class _Event(Payload):
    """Any event, as far as it says where it happened."""

    repository: Repository | None = None


def placed(body: bytes, sources: Sources) -> bytes:
    """The payload, its repository called as our project is.

    Raises NotNow where we have to follow a repository first, NotFound for one that only had the name of another long ago,
    TransientError if GitHub cannot be asked now.
    """
    told = _Event.model_validate_json(body).repository
    if told is None or not told.id:
        return body
    known = sources.known_as(told.id, told.full_name)
    ours = next((project for project, number in known if number == told.id), None)
    if ours is not None:
        return body if ours.lower() == told.full_name.lower() else _followed(ours, told, body, sources)
    for project, number in known:  # by the name alone
        seen = sources.seen(project, number)
        if number is None and seen.repository == told.id:
            sources.tell(seen)  # from now on it is known by its number
        elif seen.name != project:
            _wait_for(seen, sources)
        else:
            raise NotFound(f"{told.full_name} is another repository by now")
    return body


def _followed(project: str, told: Repository, body: bytes, sources: Sources) -> bytes:
    """It has another name than we know it by, or had one when this was sent."""
    seen = sources.seen(project, told.id)
    if seen.name != project:
        _wait_for(seen, sources)
    event = json.loads(body)
    event["repository"]["full_name"] = project
    return json.dumps(event).encode()


def _wait_for(seen: ProjectSeen, sources: Sources) -> None:
    sources.tell(seen)
    raise NotNow(f"{seen.project} is {seen.name} by now, and is followed first", retry_after=_SOON)
