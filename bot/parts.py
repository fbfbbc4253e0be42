"""The parts that the pieces of one process share. Bootstrap makes them; nothing here knows bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.executors.registry import Executors
from bot.gate import Gate
from bot.store import Store
from bot.tracker import Tracker
from bot.workers.coordination import CoordinationLoop
from services.ports import Clock

if TYPE_CHECKING:
    from bot.remote import Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`remote` gives what speaks to the tracker, made when first asked for."""

    clock: Clock
    gate: Gate
    store: Store
    executors: Executors
    tracker: Tracker
    loop: CoordinationLoop
    remote: Callable[[], Remote]

    @property
    def holder(self) -> str:
        """Who claims work in this process."""
        return self.gate.holder
