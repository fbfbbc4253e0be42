"""Deliveries are written down once, applied once, and never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import Store
from services.domain.attempts import Outcome
from services.domain.failure import Failure
from services.domain.messages import AttemptFinished, Message, RetryPhase, StartPlan
from services.ports import Delivery
from tests.plans import NOW
from tests.store.conftest import HandClock, OpenStore, PulledPlug

REPORT = AttemptFinished(
    plan="plan",
    cause="r",
    phase="a",
    fence=1,
    outcome=Outcome.BROKE,
    failure=Failure("exit", "code 1\0", details={"n": 1}),
)
ORDER = RetryPhase(plan="plan", cause="c", by="ada", phase="a")


def delivery(id: str, *messages: Message, body: bytes = b"") -> Delivery:
    return Delivery(id=id, source="test", received_at=NOW, body=body, messages=messages or None)


def receive(store: Store, *deliveries: Delivery) -> list[bool]:
    with store.open_work() as work:
        return work.inbox.receive(deliveries)


def received(store: Store, limit: int = 10) -> list[str]:
    with store.open_work() as work:
        return [one.id for one in work.inbox.received(limit)]


def resolved(store: Store, limit: int = 10) -> list[str]:
    with store.open_work() as work:
        return [one.id for one in work.inbox.resolved(limit)]


def test_a_delivery_is_read_as_it_arrived(store: Store, open_store: OpenStore) -> None:
    raw = Delivery(
        id="guid",
        source="github",
        event="issue_comment",
        body=b'{"a": "\xff\x00"}',
        headers={"X-GitHub-Event": "issue_comment"},
        received_at=NOW,
    )
    assert receive(store, raw) == [True]

    with open_store().open_work() as work:
        assert work.inbox.received(10) == [raw]
        assert work.inbox.resolved(10) == []


def test_the_same_delivery_twice_is_one(store: Store) -> None:
    assert receive(store, delivery("x"), delivery("x"), delivery("y")) == [True, False, True]
    assert receive(store, delivery("y"), delivery("z")) == [False, True]
    assert received(store) == ["x", "y", "z"]


def test_deliveries_wait_in_the_order_of_their_arrival(store: Store) -> None:
    for id in "cab":
        receive(store, delivery(id))
    receive(store, delivery("z", ORDER), delivery("d"))

    assert received(store) == ["c", "a", "b", "d"]
    assert received(store, limit=2) == ["c", "a"]


def test_what_a_delivery_means_is_frozen_beside_it(store: Store, open_store: OpenStore) -> None:
    receive(store, delivery("x", body=b"raw"), delivery("nothing"))
    with store.open_work() as work:
        work.inbox.resolve("x", [REPORT, ORDER, StartPlan(plan="p", cause="s", selected=frozenset("ab"))])
        work.inbox.resolve("nothing", [])

    assert received(store) == []
    with open_store().open_work() as work:
        first, second = work.inbox.resolved(10)
    assert first.messages == (REPORT, ORDER, StartPlan(plan="p", cause="s", selected=frozenset("ab")))
    assert first.body == b"raw"
    assert second.messages == ()


def test_a_delivery_that_is_understood_on_arrival_waits_to_be_applied(store: Store) -> None:
    receive(store, delivery("x", ORDER))

    assert received(store) == []
    assert resolved(store) == ["x"]


def test_a_finished_delivery_is_here_and_never_waits_again(store: Store) -> None:
    receive(store, delivery("x", ORDER), delivery("y", ORDER))
    with store.open_work() as work:
        work.inbox.finish(["x"])

    assert resolved(store) == ["y"]
    assert receive(store, delivery("x", ORDER)) == [False]
    assert store.views.counts().deliveries == {"applied": 1, "resolved": 1}


def test_a_report_of_this_process_is_received_and_applied_at_once(store: Store, open_store: OpenStore) -> None:
    with store.open_work() as work:
        assert work.inbox.receive([delivery("x", REPORT)]) == [True]
        work.inbox.finish(["x"])

    other = open_store()
    assert resolved(other) == []
    assert receive(other, delivery("x", REPORT)) == [False]


def test_what_a_failed_work_received_was_never_received(store: Store) -> None:
    def pull_the_plug() -> None:
        with store.open_work() as work:
            work.inbox.receive([delivery("x", ORDER)])
            assert [one.id for one in work.inbox.resolved(10)] == ["x"]
            work.inbox.first_time(["c"])
            raise PulledPlug

    with pytest.raises(PulledPlug):
        pull_the_plug()

    assert receive(store, delivery("x", ORDER)) == [True]
    with store.open_work() as work:
        assert work.inbox.first_time(["c"]) == {"c"}


@pytest.mark.parametrize("messages", [(), (ORDER,)], ids=["unresolved", "resolved"])
def test_a_failed_delivery_is_tried_again_when_its_time_has_come(
    store: Store, clock: HandClock, messages: tuple[Message, ...]
) -> None:
    receive(store, delivery("x", *messages))
    with store.open_work() as work:
        work.inbox.fail("x", "no answer\0", retry_at=NOW + timedelta(seconds=5))
        assert work.inbox.next_retry() == NOW + timedelta(seconds=5)
    assert received(store) + resolved(store) == []

    clock.pass_(timedelta(seconds=5))

    assert (received(store), resolved(store)) == (([], ["x"]) if messages else (["x"], []))


def test_a_dead_delivery_waits_for_nobody_but_a_redelivery(store: Store, clock: HandClock) -> None:
    receive(store, delivery("x"))
    with store.open_work() as work:
        work.inbox.fail("x", "KeyError: 'a'", retry_at=None)
        assert work.inbox.next_retry() is None
    clock.pass_(timedelta(days=9))
    assert received(store) + resolved(store) == []

    assert receive(store, delivery("x", body=b"again"), delivery("x")) == [True, False]

    with store.open_work() as work:
        assert [one.body for one in work.inbox.received(10)] == [b"again"]


def test_an_applied_delivery_cannot_fail_any_more(store: Store) -> None:
    with store.open_work() as work:
        work.inbox.receive([delivery("x", ORDER)])
        work.inbox.finish(["x"])
        work.inbox.fail("x", "too late", retry_at=NOW)

    assert resolved(store) == []


def test_a_cause_is_applied_once(store: Store, open_store: OpenStore) -> None:
    with store.open_work() as work:
        assert work.inbox.first_time(["a", "b", "a"]) == {"a", "b"}
        assert work.inbox.first_time(["b", "c"]) == {"c"}
        assert work.inbox.first_time([]) == set()

    with open_store().open_work() as work:
        assert work.inbox.first_time({"a", "b", "c", "d"}) == {"d"}


def test_many_deliveries_and_causes_fit_into_one_work(store: Store) -> None:
    many = [delivery(f"{n:05}", ORDER) for n in range(1_300)]
    with store.open_work() as work:
        assert all(work.inbox.receive(many))
        assert len(work.inbox.first_time([one.id for one in many])) == 1_300
        work.inbox.finish([one.id for one in many[:1_000]])

    assert resolved(store, limit=2_000) == [one.id for one in many[1_000:]]
    assert receive(store, *many) == [False] * 1_300
