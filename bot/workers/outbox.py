"""The outbox worker: carries effects out until they are done, in such a way that doing it twice looks like doing it once.

Effects on executors go out at once. Effects on issues go out one by one for each project, in the order in which they
were wished for: GitHub wants its writes in a row, and a child needs its parent.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from services.domain.effects import RefreshParent
from services.domain.errors import NotNow, RemoteUnavailable, TransientError, UserError
from services.domain.messages import Message
from services.ports import Clock, Sending, Sent

log = structlog.get_logger()

BACK_OFF = timedelta(seconds=1)
BACK_OFF_CAP = timedelta(minutes=10)
GIVE_UP_AFTER = 12
"""Failures of one process after which a sending becomes a dead letter, for people to see."""


class Perform(Protocol):
    """Carries one effect on issues out and returns the facts it brought. Raises TransientError, UserError."""

    def __call__(self, sending: Sending) -> Sequence[Message]: ...


SentNow = Callable[[Sent, Sequence[Message]], None]


class OutboxWorker:
    """One thread for one project's effects on issues."""

    def __init__(self, project: str, perform: Perform, sent: SentNow, clock: Clock) -> None:
        self._project = project
        self._perform = perform
        self._sent = sent
        self._clock = clock
        self._waiting: deque[Sending] = deque()
        self._failures: dict[int, int] = {}
        self._changed = threading.Condition()
        self._not_before: datetime | None = None
        self._busy = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=f"outbox {project}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, sending: Sending) -> None:
        with self._changed:
            self._waiting.append(sending)
            self._changed.notify_all()

    def end(self) -> None:
        """Begin nothing more; the effect under way is carried out, the rest stays in the store."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def stop(self) -> None:
        """End, and wait until the effect under way is done."""
        self.end()
        if self._thread.is_alive():
            self._thread.join()

    def drain(self, timeout: float) -> bool:
        """Wait until nothing is left to be done now. False if that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy and (not self._waiting or self._is_held()), timeout)

    def is_idle(self) -> bool:
        """Nothing is under way and nothing waits."""
        with self._changed:
            return not self._busy and not self._waiting

    def retry_now(self) -> None:
        """Do not wait any longer after a failure."""
        with self._changed:
            self._not_before = None
            self._changed.notify_all()

    # -------------------------------------------------------- the thread

    def _run(self) -> None:
        while (sending := self._next()) is not None:
            if not self._is_superseded(sending):
                self._carry_out(sending)
            else:
                self._sent(Sent(id=sending.id), ())
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> Sending | None:
        with self._changed:
            while not self._stopped and (not self._waiting or self._is_held()):
                self._changed.wait(self._until_free())
            if self._stopped:
                return None
            self._busy = True
            return self._waiting.popleft()

    def _is_held(self) -> bool:
        return self._not_before is not None and self._clock.now() < self._not_before

    def _until_free(self) -> float | None:
        if self._not_before is None or not self._waiting:
            return None
        return max(0.001, (self._not_before - self._clock.now()).total_seconds())

    def _is_superseded(self, sending: Sending) -> bool:
        """A later wish to show the same plan is waiting: showing it once is enough."""
        if not isinstance(sending.effect, RefreshParent):
            return False
        with self._changed:
            return any(
                isinstance(later.effect, RefreshParent) and later.effect.plan == sending.effect.plan
                for later in self._waiting
            )

    def _carry_out(self, sending: Sending) -> None:
        try:
            facts = self._perform(sending)
        except TransientError as error:
            self._try_again(sending, error)
        except RemoteUnavailable as error:
            self._try_again(sending, TransientError(str(error)), for_ever=True)
        except UserError as error:
            self._give_up(sending, str(error))
        except Exception as error:  # one effect that cannot be done must not stop the others
            log.exception("effect_failed", effect=sending.effect.key)
            self._give_up(sending, f"{type(error).__name__}: {error}")
        else:
            self._failures.pop(sending.id, None)
            self._sent(Sent(id=sending.id), facts)

    def _try_again(self, sending: Sending, error: TransientError, *, for_ever: bool = False) -> None:
        """Keep it, and with it its place in the row; all that comes after it waits as well.

        Failures are counted here, not by `tries`: to be taken over from a dead process is none, nor is waiting for a turn.
        """
        if isinstance(error, NotNow):
            self._wait(sending, error, timedelta(seconds=error.retry_after or 0) or BACK_OFF)
            return
        failures = self._failures[sending.id] = self._failures.get(sending.id, 0) + 1
        if failures >= GIVE_UP_AFTER and not for_ever:
            self._give_up(sending, str(error))
            return
        delay = min(BACK_OFF_CAP, BACK_OFF * (1 << min(failures - 1, 20)))
        if error.retry_after is not None:
            delay = timedelta(seconds=error.retry_after)
        self._wait(replace(sending, tries=sending.tries + 1), error, delay)

    def _wait(self, sending: Sending, error: TransientError, delay: timedelta) -> None:
        retry_at = self._clock.now() + delay
        log.warning("effect_delayed", effect=sending.effect.key, error=str(error), retry_at=retry_at.isoformat())
        with self._changed:
            self._waiting.appendleft(sending)
            self._not_before = retry_at

    def _give_up(self, sending: Sending, error: str) -> None:
        self._failures.pop(sending.id, None)
        log.error("effect_dead", effect=sending.effect.key, error=error)
        self._sent(Sent(id=sending.id, error=error), ())
