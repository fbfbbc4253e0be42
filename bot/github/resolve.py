"""Resolving: from a stored webhook to messages. Reads what the translation needs: which plan it is about, and who may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from bot.github.payloads import IssueEvent
from bot.github.translate import Subject, translate
from services.domain.messages import Message
from services.ports import Delivery

log = structlog.get_logger()

MAY_STEER = frozenset({"write", "maintain", "admin"})
"""Roles whose hands on an issue count. https://docs.github.com/en/rest/collaborators/collaborators"""


class Permissions(Protocol):
    """What GitHub says of a person in a repository."""

    def role(self, project: str, login: str) -> str:
        """`admin`, `maintain`, `write`, `triage`, `read`, a custom role's name, or `none`. Raises TransientError."""


class Resolver:
    """Turns deliveries of GitHub into messages. What is not about a plan of ours means nothing."""

    def __init__(
        self, find: Callable[[str, int], Subject | None], permissions: Permissions, own_login: Callable[[], str]
    ) -> None:
        self._find = find
        self._permissions = permissions
        self._own_login = own_login

    def __call__(self, delivery: Delivery) -> Sequence[Message]:
        """Raises TransientError if GitHub cannot be asked now, pydantic.ValidationError for what is no such event."""
        if delivery.event != "issues":
            return ()
        event = IssueEvent.model_validate_json(delivery.body)
        subject = self._find(event.repository.full_name, event.issue.id)
        message = translate(event, subject) if subject else None
        if message is None or self._is_our_own(event) or not self._may(event):
            return ()
        return (message,)

    def _is_our_own(self, event: IssueEvent) -> bool:
        return event.sender.is_bot and event.sender.login == self._own_login()

    def _may(self, event: IssueEvent) -> bool:
        """Asked at the moment of the deed, and failing closed."""
        role = self._permissions.role(event.repository.full_name, event.sender.login)
        if role in MAY_STEER:
            return True
        log.warning("hand_not_heeded", login=event.sender.login, role=role, issue=event.issue.number)
        return False
