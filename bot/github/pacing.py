"""Pacing: how fast writes go out, so that GitHub never has to ask us to slow down, and what follows where it does.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta

from bot.github.errors import RateLimited
from services.domain.errors import NotNow, StorageUnavailable
from services.ports import Clock
from services.publishing.pace import HOUR, Hold, Ledger, Pace, Quota, next_turn

PATIENCE = timedelta(seconds=5)
"""How long a write may wait in place; for longer it goes back into the outbox."""

LEAST_HOLD = timedelta(minutes=1)
MOST_DOUBLINGS = 6
"""For how long nothing is sent after a limit that does not say how long, and how often that is doubled."""

TOLD_EVERY = timedelta(seconds=20)
"""How often it is written down what GitHub says of its own limit."""

UNHURRIED = Pace(timedelta(0), 0, 0)
"""No pace at all: for a server that nobody else uses."""


class MemoryLedger:
    """The ledger of a process that shares its account with no other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._holds: dict[str, Hold] = {}

    def turn(self, account: str, pace: Pace, now: datetime, patience: timedelta) -> timedelta:
        with self._lock:
            turns = self._turns[account]
            at = next_turn(pace, lambda n: turns[-n] if len(turns) >= n else None, now)
            if at - now <= patience:
                turns.append(at)
                while turns[0] <= now - HOUR:
                    turns.popleft()
            return at - now

    def written(self, account: str, now: datetime) -> int:
        with self._lock:
            return sum(now - HOUR < at for at in self._turns[account])

    def held(self, account: str) -> Hold | None:
        return self._holds.get(account)

    def hold(self, account: str, hold: Hold | None) -> None:
        with self._lock:
            if hold is None:
                self._holds.pop(account, None)
            else:
                self._holds[account] = hold

    def told(self, account: str, quota: Quota) -> None:
        """Nobody looks at it here."""


class Pacer:
    """Lets the requests of every account out in order: writes one by one and at a pace, nothing while it is on hold."""

    def __init__(self, pace: Pace, ledger: Ledger, clock: Clock, wait: Callable[[float], object] = time.sleep) -> None:
        self._pace = pace
        self._ledger = ledger
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._writers: dict[tuple[str, bool], threading.Lock] = {}
        self._holds: dict[str, Hold | None] = {}
        self._told: dict[str, Quota] = {}

    @classmethod
    def unhurried(cls, clock: Clock) -> Pacer:
        """Without a pace; told to wait, it waits all the same."""
        return cls(UNHURRIED, MemoryLedger(), clock)

    @contextmanager
    def request(self, account: str, *, is_write: bool, in_turn: bool = True) -> Iterator[None]:
        """Around one request. Raises TransientError, with the seconds to wait, where it is not its turn; a RateLimited
        from within says from then on how long to wait. Not `in_turn`: a write that creates no content, such as to start a
        run, goes past those that do, and counts against no limit of theirs."""
        self._refuse_while_held(account, look=is_write)
        with self._writer(account, in_turn=in_turn) if is_write else nullcontext():
            if is_write and in_turn:
                self._take_turn(account)
            try:
                yield
            except RateLimited as limit:
                raise self._put_on_hold(account, limit, of_writes=is_write) from limit
        self._release(account, after_write=is_write)

    def spent(self, account: str) -> int:
        """How many writes of the last hour count against its limit."""
        return 0 if self._pace == UNHURRIED else self._ledger.written(account, self._clock.now())

    def hear(self, account: str, headers: Mapping[str, str]) -> None:
        """What an answer says of GitHub's own limit. It is written down now and then: people look at it, nothing waits."""
        quota = _quota(headers, self._clock.now())
        known = self._told.get(account)
        if quota is None or (known is not None and quota.told_at - known.told_at < TOLD_EVERY):
            return
        self._told[account] = quota
        with suppress(StorageUnavailable):  # what was asked for was done all the same
            self._ledger.told(account, quota)

    def _writer(self, account: str, *, in_turn: bool) -> threading.Lock:
        """Writes go out one by one, also those that wait for no turn."""
        with self._lock:
            return self._writers.setdefault((account, in_turn), threading.Lock())

    def _take_turn(self, account: str) -> None:
        if self._pace == UNHURRIED:
            return
        ahead = self._ledger.turn(account, self._pace, self._clock.now(), PATIENCE)
        if ahead > PATIENCE:
            seconds = ahead.total_seconds()
            raise NotNow("the pace of writing to GitHub is used up for now", retry_after=seconds)
        if ahead > timedelta(0):
            self._wait(ahead.total_seconds())

    # ------------------------------------------------------------ holds

    def _refuse_while_held(self, account: str, *, look: bool) -> None:
        """Going on while limited can have us banned. Other processes' holds are looked for where it counts most."""
        if look or account not in self._holds:
            self._holds[account] = self._ledger.held(account)
        hold, now = self._holds[account], self._clock.now()
        if hold is not None and now < hold.until:
            left = (hold.until - now).total_seconds()
            raise RateLimited("GitHub has asked to wait, and the time is not over", retry_after=left)

    def _put_on_hold(self, account: str, limit: RateLimited, *, of_writes: bool) -> RateLimited:
        known = self._holds.get(account)
        times = known.times if known else 0
        wait = LEAST_HOLD * (1 << min(times, MOST_DOUBLINGS))
        if limit.retry_after is not None:
            wait = timedelta(seconds=limit.retry_after)
        hold = Hold(self._clock.now() + wait, times + 1, of_writes or bool(known and known.of_writes))
        self._holds[account] = hold
        self._ledger.hold(account, hold)
        return RateLimited(str(limit), retry_after=wait.total_seconds())

    def _release(self, account: str, *, after_write: bool) -> None:
        hold = self._holds.get(account)
        if hold is not None and (after_write or not hold.of_writes):
            self._holds[account] = None
            self._ledger.hold(account, None)


def _quota(headers: Mapping[str, str], now: datetime) -> Quota | None:
    """That of most of the API (`core`); searches have one of their own. None where it is not said, as by an Enterprise server
    without limits."""
    said = [headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
    if headers.get("x-ratelimit-resource", "core") != "core" or not all(
        one.isdigit() and len(one) < 12 for one in said
    ):
        return None
    allowed, remaining, reset = map(int, said)
    return Quota(allowed, remaining, datetime.fromtimestamp(reset, UTC), now)
