"""The outbox worker: in order, one at a time, until done."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.workers.outbox import ASIDE_AFTER, GIVE_UP_AFTER, OutboxWorker
from services.domain.effects import Effect, PostComment, RefreshParent
from services.domain.errors import NotFound, NotNow, RemoteUnavailable, StorageUnavailable, TransientError
from services.domain.messages import IssueCreated, Message
from services.domain.phase import IssueRef
from services.ports import Sending, Sent

PATIENCE = 10  # seconds until a test gives up waiting
MANY = 30  # failures


class HandClock:
    """Shows the time that the test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Remote:
    """Carries effects out, and fails as often as the test wants."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.tries: list[int] = []
        self.failures: list[Exception] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def perform(self, sending: Sending) -> Sequence[Message]:
        self.entered.set()
        assert self.gate.wait(PATIENCE)
        self.tries.append(sending.tries)
        if self.failures:
            raise self.failures.pop(0)
        self.done.append(sending.effect.key)
        return (IssueCreated(plan="plan", cause=sending.effect.key, phase=None, issue=IssueRef(1, 1)),)


class Marks:
    """What the worker said became of its sendings."""

    def __init__(self) -> None:
        self.all: list[tuple[Sent, Sequence[Message]]] = []
        self._changed = threading.Condition()

    def __call__(self, outcome: Sent, facts: Sequence[Message]) -> None:
        with self._changed:
            self.all.append((outcome, facts))
            self._changed.notify_all()

    def wait(self, count: int) -> list[tuple[Sent, Sequence[Message]]]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.all) >= count, PATIENCE)
            return self.all


class Bench:
    """A worker with everything around it."""

    def __init__(self) -> None:
        self.clock, self.remote, self.marks = HandClock(), Remote(), Marks()
        self.delayed: list[Sent] = []
        self.worker = OutboxWorker("ada/site", self.remote.perform, self.marks, self.clock, delayed=self.delayed.append)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    made.worker.start()
    yield made
    made.worker.stop()


def comment(number: int) -> Sending:
    return sending(number, PostComment(plan="plan", key=f"comment-{number}", phase=None, body="Hello"))


def refresh(number: int, plan: str = "plan") -> Sending:
    return sending(number, RefreshParent(plan=plan, key=f"refresh-{number}"))


def sending(number: int, effect: Effect) -> Sending:
    return Sending(id=number, project="ada/site", effect=effect, tries=1, wished_at=HandClock().now())


def test_effects_go_out_in_the_order_in_which_they_were_wished_for(bench: Bench) -> None:
    for number in range(20):
        bench.worker.put(comment(number))

    assert [mark.id for mark, _ in bench.marks.wait(20)] == list(range(20))
    assert bench.remote.done == [f"comment-{number}" for number in range(20)]


def test_the_facts_an_effect_brought_are_told_with_its_mark(bench: Bench) -> None:
    bench.worker.put(comment(1))

    ((mark, facts),) = bench.marks.wait(1)

    assert mark == Sent(id=1)
    assert [fact.cause for fact in facts] == ["comment-1"]


def test_a_passing_failure_is_tried_again_when_its_time_has_come_and_the_others_wait(bench: Bench) -> None:
    bench.remote.failures = [TransientError("busy", retry_after=30)]
    bench.worker.put(comment(1))
    bench.worker.put(comment(2))
    assert bench.worker.drain(PATIENCE)
    assert bench.remote.done == []

    bench.clock.time += timedelta(seconds=31)
    bench.worker.retry_now()

    bench.marks.wait(2)
    assert bench.remote.done == ["comment-1", "comment-2"]
    assert bench.remote.tries == [1, 2, 1]


def test_one_that_keeps_failing_lets_other_plans_pass_and_keeps_its_own_in_order(bench: Bench) -> None:
    bench.remote.failures = [TransientError("busy") for _ in range(ASIDE_AFTER + 1)]
    for one in (comment(1), comment(2), refresh(3, plan="other")):
        bench.worker.put(one)
    for _ in range(ASIDE_AFTER):
        assert bench.worker.drain(PATIENCE)
        assert bench.remote.done == []
        bench.worker.retry_now()

    bench.marks.wait(1)
    assert bench.remote.done == ["refresh-3"]
    assert bench.worker.drain(PATIENCE)

    bench.worker.retry_now()
    bench.marks.wait(3)
    assert bench.remote.done == ["refresh-3", "comment-1", "comment-2"]


def test_failures_by_the_dozen_are_no_reason_to_give_up_but_a_day_of_them_is(bench: Bench) -> None:
    bench.remote.failures = [TransientError("busy") for _ in range(MANY)]
    bench.worker.put(comment(1))
    bench.worker.put(comment(2))
    for _ in range(MANY - 1):
        assert bench.worker.drain(PATIENCE)
        bench.worker.retry_now()
    assert bench.worker.drain(PATIENCE)
    assert bench.marks.all == []

    bench.remote.failures = [TransientError("still busy")]
    bench.clock.time += GIVE_UP_AFTER
    bench.worker.retry_now()

    (dead, _), (done, _) = bench.marks.wait(2)
    assert dead == Sent(id=1, error="still busy")
    assert done == Sent(id=2)


def test_people_can_see_what_an_effect_waits_for(bench: Bench) -> None:
    bench.remote.failures = [TransientError("busy", retry_after=30)]
    bench.worker.put(comment(1))
    assert bench.worker.drain(PATIENCE)

    (seen,) = bench.delayed

    assert seen == Sent(id=1, error="busy", retry_at=bench.clock.time + timedelta(seconds=30), kept=True)


@pytest.mark.parametrize("error", [RemoteUnavailable("no answer"), StorageUnavailable("locked")])
def test_a_remote_or_a_database_that_cannot_be_reached_is_never_given_up(bench: Bench, error: Exception) -> None:
    bench.remote.failures = [error for _ in range(MANY)]
    bench.worker.put(comment(1))
    for _ in range(MANY):
        assert bench.worker.drain(PATIENCE)
        bench.worker.retry_now()

    ((mark, _),) = bench.marks.wait(1)

    assert mark == Sent(id=1)


@pytest.mark.parametrize("error", [NotFound("the issue is gone"), RuntimeError("a bug")])
def test_what_cannot_be_done_is_a_dead_letter_at_once(bench: Bench, error: Exception) -> None:
    bench.remote.failures = [error]
    bench.worker.put(comment(1))

    ((mark, _),) = bench.marks.wait(1)

    assert str(error) in mark.error
    assert mark.retry_at is None


def test_several_wishes_to_show_the_same_plan_are_one(bench: Bench) -> None:
    bench.remote.gate.clear()
    for one in (comment(0), refresh(1), refresh(2), refresh(3, plan="other"), refresh(4)):
        bench.worker.put(one)
    bench.remote.gate.set()

    assert all(not mark.error for mark, _ in bench.marks.wait(5))
    assert bench.remote.done == ["comment-0", "refresh-3", "refresh-4"]


def test_stopping_ends_after_the_effect_under_way_and_leaves_the_rest(bench: Bench) -> None:
    bench.remote.gate.clear()
    bench.worker.put(comment(1))
    bench.worker.put(comment(2))
    assert bench.remote.entered.wait(PATIENCE)
    bench.worker.end()
    bench.remote.gate.set()
    bench.worker.stop()

    assert bench.remote.done == ["comment-1"]
    assert not bench.worker.is_idle()


def test_waiting_for_a_turn_is_no_failure_however_often(bench: Bench) -> None:
    bench.remote.failures = [NotNow("the pace is used up", retry_after=60) for _ in range(MANY)]
    bench.worker.put(comment(1))
    for _ in range(MANY):
        assert bench.worker.drain(PATIENCE)
        bench.worker.retry_now()

    assert bench.marks.wait(1)[0][0] == Sent(id=1)
    assert set(bench.remote.tries) == {1}  # nothing can have happened before


def test_to_be_taken_over_from_many_dead_processes_is_no_failure(bench: Bench) -> None:
    bench.remote.failures = [TransientError("busy")]
    bench.worker.put(replace(comment(1), tries=MANY))
    assert bench.worker.drain(PATIENCE)
    bench.worker.retry_now()

    assert bench.marks.wait(1)[0][0] == Sent(id=1)
