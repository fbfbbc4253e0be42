"""What shall go wrong with webhooks, for tests of everything that listens. Whatever strikes is recorded."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bot.localhub.values import Delivery


class DeliveryFault(StrEnum):
    """Each says what the listener gets, and what the list of deliveries says about it."""

    DROPPED = "dropped"  # not sent; listed as failed
    VANISHED = "vanished"  # not sent, and not listed
    DOUBLED = "doubled"  # sent twice under one GUID
    REORDERED = "reordered"  # the next one goes first
    DELAYED = "delayed"  # several others go first
    WRONG_SIGNATURE = "wrong_signature"  # sent, signed with another secret

    @property
    def lets_ahead(self) -> int:
        """How many others go first."""
        return {DeliveryFault.REORDERED: 1, DeliveryFault.DELAYED: 8}.get(self, 0)


@dataclass(slots=True)
class _Planned:
    event: re.Pattern[str]
    fault: DeliveryFault
    times: int


@dataclass(frozen=True, slots=True)
class DeliveryStorm:
    """Faults at random: a share of all deliveries meets one of these. What the n-th delivery of an event and action meets
    depends on the seed alone."""

    seed: int
    share: float
    faults: tuple[DeliveryFault, ...] = tuple(DeliveryFault)


class DeliveryFaults:
    """Faults strike in the order in which they were planned; then the storm, if there is one. `struck` counts them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []
        self._storm: DeliveryStorm | None = None
        self._seen: Counter[str] = Counter()
        self.struck: Counter[DeliveryFault] = Counter()

    def add(self, event_regex: str, fault: DeliveryFault | str, times: int = 1) -> None:
        """The regular expression is searched in `event.action`."""
        with self._lock:
            self._planned.append(_Planned(re.compile(event_regex), DeliveryFault(fault), times))

    def storm(self, storm: DeliveryStorm) -> None:
        """Let this blow from now on, in place of any before."""
        with self._lock:
            self._storm = storm

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._planned.clear()
            self._storm = None

    def strike(self, delivery: Delivery) -> DeliveryFault | None:
        """The fault this delivery meets, which is then used up."""
        with self._lock:
            struck = self._struck(f"{delivery.event}.{delivery.action or ''}".rstrip("."))
            if struck is not None:
                self.struck[struck] += 1
            return struck

    def _struck(self, what: str) -> DeliveryFault | None:
        for planned in self._planned:
            if planned.event.search(what):
                planned.times -= 1
                if not planned.times:
                    self._planned.remove(planned)
                return planned.fault
        if self._storm is None:
            return None
        self._seen[what] += 1
        chance = Random(f"{self._storm.seed}/{what}/{self._seen[what]}")  # noqa: S311 - a storm that can be repeated
        return chance.choice(self._storm.faults) if chance.random() < self._storm.share else None
