"""Resolving: from a stored webhook to messages. What is not about us means nothing."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from pydantic import ValidationError

from bot.github.events import ABOUT_PLACES, READERS
from bot.github.events.sources import Sources
from bot.github.events.whereabouts import placed
from services.domain.errors import NotFound, UserError
from services.domain.messages import Message
from services.ports import Delivery

log = structlog.get_logger()


class EventUnreadable(UserError):
    """An event of a kind that we listen to, in which something that we need is missing or is something else."""

    code = "event_unreadable"


class Resolver:
    """Turns deliveries of GitHub into messages."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def __call__(self, delivery: Delivery) -> Sequence[Message]:
        """Raises TransientError if GitHub cannot be asked now, EventUnreadable for what is no such event."""
        reader = READERS.get(delivery.event)
        try:
            if reader is None:
                return ()
            is_placed = delivery.event in ABOUT_PLACES
            body = delivery.body if is_placed else placed(delivery.body, self._sources)
            return reader(body, self._sources)
        except NotFound as gone:  # the issue, the comment or the repository that it tells of is there no more
            log.info("event_about_nothing", delivery=delivery.id, webhook=delivery.event, error=str(gone))
            return ()
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(map(str, problem["loc"]))
            raise EventUnreadable(f"{place}: {problem['msg']}", where=delivery.event) from None
