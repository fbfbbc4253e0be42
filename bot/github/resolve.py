"""Resolving: from a stored webhook to messages. What is not about us means nothing."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot.github.events import READERS
from bot.github.events.sources import Sources
from services.domain.errors import NotFound
from services.domain.messages import Message
from services.ports import Delivery

log = structlog.get_logger()


class Resolver:
    """Turns deliveries of GitHub into messages."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def __call__(self, delivery: Delivery) -> Sequence[Message]:
        """Raises TransientError if GitHub cannot be asked now, pydantic.ValidationError for what is no such event."""
        reader = READERS.get(delivery.event)
        try:
            return reader(delivery.body, self._sources) if reader else ()
        except NotFound as gone:  # the issue, the comment or the repository that it tells of is there no more
            log.info("event_about_nothing", delivery=delivery.id, webhook=delivery.event, error=str(gone))
            return ()
