"""What the payloads of several events have in common: only the fields used, whatever else there may be.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[int, Field(ge=0, lt=1 << 63)]
"""An id or a number, as large as any database keeps them."""


class Payload(BaseModel):
    """Frozen, and forgiving: GitHub adds fields and actions all the time."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Account(Payload):
    """A person or a bot."""

    login: str
    type: str = "User"

    @property
    def is_bot(self) -> bool:
        return self.type == "Bot"


class Repository(Payload):
    """Where it happened."""

    full_name: str
    id: Id = 0
    default_branch: str = ""


class Issue(Payload):
    """The issue as it was right after what happened."""

    id: Id
    number: Id
    state_reason: str | None = None
    updated_at: datetime
