"""The resolver: what arrives is understood outside of any transaction, then applied."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.store import Store
from bot.workers import resolver
from bot.workers.resolver import GIVE_UP_AFTER, LEAST_TRIES, Resolver
from services.domain.errors import RemoteUnavailable, StorageUnavailable, TransientError
from services.domain.messages import Message, PausePlan
from services.ports import Delivery, Meaning, Unclear

PATIENCE = 10.0  # seconds until a test gives up waiting


class HandClock:
    """Shows the time that the test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class GitHub:
    """Says what a delivery means, and fails as often as the test wants. Looks whether a transaction is open meanwhile."""

    def __init__(self, store: Store) -> None:
        self.asked: list[str] = []
        self.failures: list[Exception] = []
        self._store = store

    def resolve(self, delivery: Delivery) -> Sequence[Message]:
        with self._store.open_work():
            """Would wait for ever, and fail, if the resolver held one."""
        self.asked.append(delivery.id)
        if self.failures:
            raise self.failures.pop(0)
        return (PausePlan(plan="plan", cause=f"meaning of {delivery.id}"),)


class Bench:
    """A resolver with a real inbox."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.store = Store(f"sqlite:///{folder}/phasebot.db", clock=self.clock)
        self.github = GitHub(self.store)
        self.resolver = Resolver(self.store.open_work, self.github.resolve, self._write_down, self.clock)
        self._changed = threading.Condition()
        self._looks = 0

    def _write_down(self, found: Mapping[str, Meaning | Unclear]) -> None:
        """As the coordination loop does, which would apply them as well."""
        with self.store.open_work() as work:
            for id, meaning in found.items():
                if isinstance(meaning, Meaning):
                    work.inbox.resolve(id, meaning.messages)
                else:
                    work.inbox.fail(id, meaning.error, retry_at=meaning.retry_at)
        with self._changed:
            self._looks += 1
            self._changed.notify_all()

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Looks after each time the resolver has written something down."""
        with self._changed:
            assert self._changed.wait_for(holds, PATIENCE)

    def much_later(self, *, after_tries: int) -> None:
        self.wait_for(lambda: self._looks >= after_tries)
        self.clock.time += timedelta(hours=1)
        self.resolver.wake()

    def arrives(self, *ids: str) -> None:
        with self.store.open_work() as work:
            work.inbox.receive([Delivery(id=id, source="github", received_at=self.clock.now()) for id in ids])
        self.resolver.wake()

    def meanings(self) -> list[str]:
        with self.store.open_work() as work:
            return [message.cause for one in work.inbox.resolved(100) for message in one.messages or ()]

    def is_dead(self) -> bool:
        return self.store.views.counts().deliveries == {"dead": 1}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.resolver.stop()
    made.store.close()


def test_what_arrives_is_understood_in_its_order(bench: Bench) -> None:
    bench.resolver.start()

    bench.arrives(*(f"d{number:02}" for number in range(40)))

    bench.wait_for(lambda: len(bench.meanings()) == 40)
    assert bench.meanings() == [f"meaning of d{number:02}" for number in range(40)]


def test_what_a_predecessor_has_left_is_understood_at_the_start(bench: Bench) -> None:
    bench.arrives("left")

    bench.resolver.start()

    bench.wait_for(lambda: bench.meanings() == ["meaning of left"])


def test_a_passing_failure_is_tried_again_when_its_time_has_come(bench: Bench) -> None:
    bench.github.failures = [TransientError("busy", retry_after=30)]
    bench.resolver.start()
    bench.arrives("slow")
    bench.wait_for(lambda: bench.store.views.counts().deliveries == {"failed": 1})
    bench.arrives("quick")
    bench.wait_for(lambda: bench.meanings() == ["meaning of quick"])

    bench.clock.time += timedelta(seconds=31)
    bench.resolver.wake()

    bench.wait_for(lambda: bench.meanings() == ["meaning of slow", "meaning of quick"])


def test_a_failure_that_does_not_pass_for_a_day_ends_with_a_dead_delivery(bench: Bench) -> None:
    hours = GIVE_UP_AFTER // timedelta(hours=1)
    bench.github.failures = [TransientError("busy")] * (hours + 1)
    bench.resolver.start()

    bench.arrives("never")
    for tried in range(1, hours + 1):
        bench.much_later(after_tries=tried)

    bench.wait_for(bench.is_dead)
    assert len(bench.github.asked) == hours + 1


def test_a_remote_that_is_away_is_waited_for_as_long_as_it_takes(bench: Bench) -> None:
    bench.github.failures = [RemoteUnavailable("no answer")] * (LEAST_TRIES + 3)
    bench.resolver.start()

    bench.arrives("patient")
    for tried in range(1, LEAST_TRIES + 4):
        bench.much_later(after_tries=tried)

    bench.wait_for(lambda: bench.meanings() == ["meaning of patient"])


def test_a_database_that_cannot_be_read_costs_no_delivery(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "_AFTER_STORAGE_FAILED", timedelta(milliseconds=1))
    bench.github.failures = [StorageUnavailable("locked")] * 3
    bench.resolver.start()

    bench.arrives("kept")

    bench.wait_for(lambda: bench.meanings() == ["meaning of kept"])


def test_a_delivery_that_makes_no_sense_is_dead_and_stops_no_other(bench: Bench) -> None:
    bench.github.failures = [KeyError("action")]
    with capture_logs() as lines:
        bench.resolver.start()
        bench.arrives("nonsense")
        bench.wait_for(bench.is_dead)

    bench.arrives("good")

    bench.wait_for(lambda: bench.meanings() == ["meaning of good"])
    assert [line["delivery"] for line in lines if line["log_level"] == "error"] == ["nonsense"]


def test_a_dead_delivery_is_taken_again_when_it_is_sent_again(bench: Bench) -> None:
    bench.github.failures = [KeyError("action")]
    with capture_logs():
        bench.resolver.start()
        bench.arrives("again")
        bench.wait_for(bench.is_dead)

    bench.arrives("again")

    bench.wait_for(lambda: bench.meanings() == ["meaning of again"])


def test_it_ends_while_it_waits(bench: Bench) -> None:
    bench.resolver.start()
    bench.arrives("one")
    bench.wait_for(lambda: bench.meanings() == ["meaning of one"])

    bench.resolver.stop()

    bench.arrives("two")
    assert bench.meanings() == ["meaning of one"]
