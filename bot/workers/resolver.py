"""The resolver: finds out what deliveries from outside mean. It reads what it needs from the network outside any transaction;
the coordination loop writes the messages beside the delivery and applies them, in one commit.

Woken by an arrival, and at the moment at which a failed delivery is to be tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from services.domain.errors import NotNow, RemoteUnavailable, StorageUnavailable, TransientError, UserError
from services.domain.messages import Message
from services.ports import Clock, Delivery, Meaning, OpenWork, Unclear

log = structlog.get_logger()

BATCH = 16
"""How many deliveries are resolved before their meaning is written down, in one transaction."""

BACK_OFF = timedelta(seconds=5)
BACK_OFF_CAP = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(hours=24)
"""After so long and `LEAST_TRIES` a delivery is dead: kept and shown, and taken again when the sender repeats it."""
LEAST_TRIES = 12

BURST, GLANCE = 64, 0.25
"""More arrivals than that in so many seconds are a burst: taking in goes first, and after each batch of meanings is a rest as
long as a glance."""

_LEAST_WAIT = timedelta(milliseconds=50)
_AFTER_STORAGE_FAILED = timedelta(seconds=1)


class Resolve(Protocol):
    """Finds out what a delivery means. Raises TransientError, RemoteUnavailable; anything else means it never can be."""

    def __call__(self, delivery: Delivery) -> Sequence[Message]: ...


Resolved = Callable[[Mapping[str, Meaning | Unclear]], None]
"""Told what deliveries mean, by their ids; returns when that is durable. Raises StorageUnavailable."""


class Resolver:
    """One thread. Several processes may resolve one inbox: what was resolved twice has the same causes, and counts once."""

    def __init__(self, open_work: OpenWork, resolve: Resolve, resolved: Resolved, clock: Clock) -> None:
        self._open_work = open_work
        self._resolve = resolve
        self._resolved = resolved
        self._clock = clock
        self._tries: dict[str, int] = {}
        self._arrived = threading.Event()
        self._ended = threading.Event()
        self._arrivals = 0
        self._glanced = (0.0, 0)
        self._is_burst = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="resolver", daemon=True)

    def start(self) -> None:
        """Begin with what a predecessor has left."""
        self.wake()
        self._thread.start()

    def wake(self, arrived: int = 1) -> None:
        """Something has arrived. From any thread."""
        self._arrivals += arrived
        self._arrived.set()

    def stop(self) -> None:
        """End after the delivery under way; the rest stays in the inbox."""
        self._stopped = True
        self._ended.set()
        self._arrived.set()
        if self._thread.is_alive():
            self._thread.join()

    # -------------------------------------------------------- the thread

    def _run(self) -> None:
        while not self._stopped:
            self._arrived.clear()
            if self._is_in_burst():
                self._ended.wait(GLANCE)
            try:
                wait = self._turn()
            except (StorageUnavailable, TransientError) as error:
                log.warning("inbox_not_reached", error=str(error))
                wait = _AFTER_STORAGE_FAILED
            if wait is None or wait > timedelta(0):
                self._arrived.wait(None if wait is None else wait.total_seconds())

    def _is_in_burst(self) -> bool:
        now, (then, count) = time.monotonic(), self._glanced
        if now - then >= GLANCE:
            self._is_burst = self._arrivals - count > BURST * (now - then) / GLANCE
            self._glanced = (now, self._arrivals)
        return self._is_burst

    def _turn(self) -> timedelta | None:
        """Resolve a batch. How long there is nothing more to be done; None: until something arrives."""
        with self._open_work() as work:
            batch = work.inbox.received(BATCH)
            retry_at = work.inbox.next_retry() if not batch else None
        if not batch:
            return None if retry_at is None else max(_LEAST_WAIT, retry_at - self._clock.now())
        self._resolved({one.id: self._meaning_of(one) for one in batch if not self._stopped})
        return timedelta(0)

    def _meaning_of(self, delivery: Delivery) -> Meaning | Unclear:
        try:
            meaning = Meaning(tuple(self._resolve(delivery)))
        except TransientError as error:
            return self._later(delivery, error)
        except RemoteUnavailable as error:
            return self._later(delivery, TransientError(str(error)), for_ever=True)
        except StorageUnavailable:
            raise  # says nothing about the delivery
        except UserError as error:  # it will never be anything else
            log.warning("delivery_not_resolved", delivery=delivery.id, error=str(error))
            self._tries.pop(delivery.id, None)
            return Unclear(str(error), retry_at=None)
        except Exception as error:  # one delivery that makes no sense must not stop the others
            log.exception("delivery_not_resolved", delivery=delivery.id)
            self._tries.pop(delivery.id, None)
            return Unclear(f"{type(error).__name__}: {error}", retry_at=None)
        self._tries.pop(delivery.id, None)
        return meaning

    def _later(self, delivery: Delivery, error: TransientError, *, for_ever: bool = False) -> Unclear:
        tries = self._tries.pop(delivery.id, 0) + (not isinstance(error, NotNow))
        is_old = self._clock.now() - delivery.received_at >= GIVE_UP_AFTER
        if is_old and tries >= LEAST_TRIES and not for_ever:
            log.error("delivery_dead", delivery=delivery.id, error=str(error))
            return Unclear(str(error), retry_at=None)
        self._tries[delivery.id] = tries
        delay = min(BACK_OFF_CAP, BACK_OFF * (1 << min(max(tries - 1, 0), 20)))
        if error.retry_after is not None:
            delay = timedelta(seconds=error.retry_after)
        log.warning("delivery_delayed", delivery=delivery.id, error=str(error), seconds=delay.total_seconds())
        return Unclear(str(error), retry_at=self._clock.now() + delay)
