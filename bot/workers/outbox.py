"""The outbox worker: carries effects out until they are done, in such a way that doing it twice looks like doing it once.

Effects on executors go out at once. Effects on issues go out one by one for each project, in the order in which they
were wished for: GitHub wants its writes in a row, and a child needs its parent. While GitHub is in trouble all of them wait;
one that keeps failing by itself lets the other plans' pass.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from bot.tracing import span
from services.domain.effects import RefreshParent
from services.domain.errors import NotNow, RemoteUnavailable, StorageUnavailable, TransientError, UserError
from services.domain.messages import Message
from services.ports import Clock, Sending, Sent

log = structlog.get_logger()

BACK_OFF = timedelta(seconds=1)
BACK_OFF_CAP = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(hours=24)
"""How long an effect fails in one process before it becomes a dead letter: longer than any trouble that mends itself."""

ASIDE_AFTER = 5
"""Failures in a row (half a minute) after which only its own plan still waits for an effect."""

_NEVER = datetime.min.replace(tzinfo=UTC)


class Perform(Protocol):
    """Carries one effect on issues out and returns the facts it brought. Raises TransientError, UserError."""

    def __call__(self, sending: Sending) -> Sequence[Message]: ...


SentNow = Callable[[Sent, Sequence[Message]], None]


@dataclass(slots=True)
class _Failing:
    since: datetime
    times: int = 0


class OutboxWorker:
    """One thread for one project's effects on issues."""

    def __init__(
        self, project: str, perform: Perform, sent: SentNow, clock: Clock, *, delayed: Callable[[Sent], None]
    ) -> None:
        """`sent` hears what became of a sending, `delayed` of every failure before that."""
        self._project = project
        self._perform = perform
        self._sent = sent
        self._delayed = delayed
        self._clock = clock
        self._waiting: deque[Sending] = deque()
        self._failing: dict[int, _Failing] = {}
        self._changed = threading.Condition()
        self._not_before = _NEVER
        self._plans_not_before: dict[str, datetime] = {}
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
            return self._changed.wait_for(lambda: not self._busy and self._first_free() is None, timeout)

    def is_idle(self) -> bool:
        """Nothing is under way and nothing waits."""
        with self._changed:
            return not self._busy and not self._waiting

    def retry_now(self) -> None:
        """Do not wait any longer after a failure."""
        with self._changed:
            self._not_before = _NEVER
            self._plans_not_before.clear()
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
            while not self._stopped:
                if (free := self._first_free()) is not None:
                    self._busy = True
                    self._waiting.remove(free)
                    return free
                self._changed.wait(self._until_free())
            return None

    def _first_free(self) -> Sending | None:
        now = self._clock.now()
        if now < self._not_before:
            return None
        return next((one for one in self._waiting if self._plan_not_before(one) <= now), None)

    def _until_free(self) -> float | None:
        if not self._waiting:
            return None
        free_at = max(self._not_before, min(map(self._plan_not_before, self._waiting)))
        return max(0.001, (free_at - self._clock.now()).total_seconds())

    def _plan_not_before(self, sending: Sending) -> datetime:
        return self._plans_not_before.get(sending.effect.plan, _NEVER)

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
        effect = sending.effect
        try:
            with span("effect", phasebot__effect=effect.kind, phasebot__plan=effect.plan):
                facts = self._perform(sending)
        except TransientError as error:
            self._try_again(sending, error)
        except (RemoteUnavailable, StorageUnavailable) as error:
            self._try_again(sending, TransientError(str(error)), for_ever=True)
        except UserError as error:
            self._give_up(sending, str(error))
        except Exception as error:  # one effect that cannot be done must not stop the others
            log.exception("effect_failed", effect=sending.effect.key)
            self._give_up(sending, f"{type(error).__name__}: {error}")
        else:
            self._failing.pop(sending.id, None)
            self._sent(Sent(id=sending.id), facts)

    def _try_again(self, sending: Sending, error: TransientError, *, for_ever: bool = False) -> None:
        """Keep it, and with it its place in the row; all that comes after it waits as well, later only what is of its plan.

        Failures are counted here, not by `tries`: to be taken over from a dead process is none, nor is waiting for a turn.
        """
        now = self._clock.now()
        if isinstance(error, NotNow):
            self._wait(sending, error, now + (timedelta(seconds=error.retry_after or 0) or BACK_OFF))
            return
        failing = self._failing.setdefault(sending.id, _Failing(now))
        failing.times += 1
        if now - failing.since >= GIVE_UP_AFTER and not for_ever:
            self._give_up(sending, str(error))
            return
        delay = min(BACK_OFF_CAP, BACK_OFF * (1 << min(failing.times - 1, 20)))
        if error.retry_after is not None:
            delay = timedelta(seconds=error.retry_after)
        only_plan = failing.times > ASIDE_AFTER and not for_ever
        self._wait(replace(sending, tries=sending.tries + 1), error, now + delay, only_plan=only_plan)
        self._delayed(Sent(id=sending.id, error=str(error), retry_at=now + delay, kept=True))

    def _wait(self, sending: Sending, error: TransientError, until: datetime, *, only_plan: bool = False) -> None:
        log.warning("effect_delayed", effect=sending.effect.key, error=str(error), retry_at=until.isoformat())
        with self._changed:
            self._waiting.appendleft(sending)
            if only_plan:
                self._plans_not_before[sending.effect.plan] = until
            else:
                self._not_before = until

    def _give_up(self, sending: Sending, error: str) -> None:
        self._failing.pop(sending.id, None)
        log.error("effect_dead", effect=sending.effect.key, error=error)
        self._sent(Sent(id=sending.id, error=error), ())
