"""Deferred orders: the plan was held by another process at the moment; whoever gave the order waits for its outcome."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from bot.workers.coordination import Receipt
from services.domain.errors import TransientError
from services.domain.messages import Message

PATIENCE = 10.0
_PAUSE = 0.02


class Outcomes(Protocol):
    """What is stored about orders."""

    def outcome(self, order: Message) -> str | None:
        """Why it was refused, "" if it was carried out, None while it waits."""


def settled(receipt: Receipt, order: Message, outcomes: Outcomes, look: Callable[[], None]) -> Receipt:
    """What became of it. It is stored, so it will be carried out, whatever happens here. Raises TransientError."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        look()
        refused = outcomes.outcome(order)
        if refused is not None:
            return Receipt(receipt.accepted, refused)
        time.sleep(_PAUSE)
    raise TransientError("the order is stored, and waits for a process that holds the plan")
