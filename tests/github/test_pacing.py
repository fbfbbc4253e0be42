"""The pace of writing: kept by the account, whoever writes with it; nothing is sent while GitHub asks to wait."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from bot.github.errors import RateLimited
from bot.github.pacing import MemoryLedger, Pacer
from services.domain.errors import StorageUnavailable, TransientError
from services.publishing.pace import Pace, Quota
from tests.localhub.conftest import MovedClock

from .conftest import Moment

ME = "token of ada"


class Writing:
    """Writes one after the other; waiting moves the clock."""

    def __init__(self, clock: MovedClock, pace: Pace, ledger: MemoryLedger | None = None) -> None:
        self.clock, self.pace, self.ledger = clock, pace, ledger or MemoryLedger()
        self.sent: list[datetime] = []
        self.restart()

    def restart(self) -> None:
        self.pacer = Pacer(
            self.pace, self.ledger, Moment(self.clock), lambda seconds: self.clock.advance(seconds=seconds)
        )

    def write(self, account: str = ME) -> None:
        with self.pacer.request(account, is_write=True):
            self.sent.append(self.clock())

    def patiently(self, count: int) -> None:
        """As the outbox does: what is not in order now is tried again later."""
        while count:
            try:
                self.write()
                count -= 1
            except TransientError as late:
                self.clock.advance(seconds=late.retry_after or 0)


def most_within(sent: list[datetime], window: timedelta) -> int:
    inside, most = deque[datetime](), 0
    for at in sent:
        inside.append(at)
        while at - inside[0] >= window:
            inside.popleft()
        most = max(most, len(inside))
    return most


@pytest.mark.parametrize("restarts", [False, True])
def test_neither_the_minute_nor_the_hour_nor_the_second_is_overdone(clock: MovedClock, restarts: bool) -> None:
    writing = Writing(clock, Pace(timedelta(seconds=0.1), 80, 500))
    for _ in range(11):
        writing.patiently(50)
        if restarts:
            writing.restart()
    gaps = [b - a for a, b in zip(writing.sent, writing.sent[1:], strict=False)]
    assert min(gaps) >= timedelta(seconds=0.1)
    assert most_within(writing.sent, timedelta(minutes=1)) == 80
    assert most_within(writing.sent, timedelta(hours=1)) == 500


def test_accounts_do_not_wait_for_each_other(clock: MovedClock) -> None:
    writing = Writing(clock, Pace(timedelta(minutes=1), 80, 500))
    writing.write()
    writing.write("another")
    with pytest.raises(TransientError) as late:
        writing.write()
    assert late.value.retry_after == 60


def test_one_writes_at_a_time(clock: MovedClock) -> None:
    pacer, inside, worst = Pacer.unhurried(Moment(clock)), threading.Semaphore(1), []

    def write(_: int) -> None:
        with pacer.request(ME, is_write=True):
            worst.append(inside.acquire(blocking=False))
            inside.release()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    assert all(worst)


def test_what_creates_no_content_waits_for_no_turn_and_takes_none(clock: MovedClock) -> None:
    writing = Writing(clock, Pace(timedelta(minutes=1), 1, 2))
    writing.write()
    for _ in range(3):
        with writing.pacer.request(ME, is_write=True, in_turn=False):
            assert clock() == writing.sent[0]
    assert writing.pacer.spent(ME) == 1


class Limited(Writing):
    """GitHub asks to wait."""

    def refused(self, *, is_write: bool = True, retry_after: float | None = None) -> float | None:
        with pytest.raises(RateLimited) as limit, self.pacer.request(ME, is_write=is_write):
            raise RateLimited("slow down", retry_after=retry_after)
        return limit.value.retry_after

    def start(self) -> None:
        with self.pacer.request(ME, is_write=True, in_turn=False):
            pass

    def read(self) -> None:
        with self.pacer.request(ME, is_write=False):
            pass


@pytest.fixture
def limited(clock: MovedClock) -> Limited:
    return Limited(clock, Pace(timedelta(0), 80, 500))


def test_an_unknown_wait_is_a_minute_and_doubles_until_a_write_goes_well(limited: Limited) -> None:
    waits = []
    for _ in range(9):
        waits.append(limited.refused())
        limited.clock.advance(seconds=waits[-1] or 0)
        limited.read()  # reading is not what was limited
    assert waits == [60, 120, 240, 480, 960, 1920, 3840, 3840, 3840]
    limited.write()
    assert limited.refused() == 60


def test_while_it_is_on_hold_nothing_is_sent(limited: Limited) -> None:
    limited.refused(retry_after=30)
    limited.clock.advance(seconds=10)
    for again in (limited.write, limited.read, limited.start):
        with pytest.raises(RateLimited) as held:
            again()
        assert held.value.retry_after == 20
    limited.write("another")
    limited.clock.advance(seconds=20)
    limited.write()


def test_a_new_process_keeps_the_hold(limited: Limited) -> None:
    limited.refused()
    limited.restart()
    with pytest.raises(RateLimited):
        limited.read()
    limited.clock.advance(seconds=60)
    assert limited.refused() == 120


class Noted(MemoryLedger):
    """Remembers what it was told of GitHub's own limits."""

    def __init__(self) -> None:
        super().__init__()
        self.quotas: list[tuple[str, int, int]] = []
        self.is_broken = False

    def told(self, account: str, quota: Quota) -> None:
        if self.is_broken:
            raise StorageUnavailable("the disk is full", where="here", fix="")
        self.quotas.append((account, quota.remaining, int(quota.resets_at.timestamp())))


def test_the_limit_that_github_tells_is_written_down_now_and_then(clock: MovedClock) -> None:
    ledger = Noted()
    pacer = Pacer(Pace(), ledger, Moment(clock))

    def answered(remaining: object, account: str = ME, **more: str) -> None:
        said = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": str(remaining), "x-ratelimit-reset": "1800000000"}
        pacer.hear(account, said | more)

    answered(4999)
    answered(4998)  # too soon to be worth a write
    answered(60, "another")
    clock.advance(seconds=30)
    answered(17, **{"x-ratelimit-resource": "search"})
    answered("soon")
    pacer.hear(ME, {})
    answered(4900)

    assert ledger.quotas == [(ME, 4999, 1800000000), ("another", 60, 1800000000), (ME, 4900, 1800000000)]
    clock.advance(seconds=30)
    ledger.is_broken = True
    answered(4800)  # what was asked of GitHub was done: no error may say otherwise
