"""GitHub's webhook payloads as far as they are read: only the fields used, whatever else there may be.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Account(_Payload):
    """A person or a bot."""

    login: str
    type: str = "User"

    @property
    def is_bot(self) -> bool:
        return self.type == "Bot"


class Repository(_Payload):
    """Where it happened."""

    full_name: str


class Issue(_Payload):
    """The issue as it was right after what happened."""

    id: int
    number: int
    state: str
    state_reason: str | None = None
    updated_at: datetime


class IssueEvent(_Payload):
    """The event `issues`."""

    action: str
    issue: Issue
    repository: Repository
    sender: Account
