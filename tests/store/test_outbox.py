"""Effects are wished for once, held by one process at a time, and carried out until done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import Store
from bot.store.outbox import SILENCE
from services.domain.effects import CreateIssue, DispatchAttempt, Effect, PostComment, SetIssueState
from services.ports import Sending, Sent
from tests.plans import NOW
from tests.store.conftest import HandClock, OpenStore, PulledPlug


def wish(key: str) -> Effect:
    return PostComment(plan="plan", key=key, phase=None, body="Hello, *you*.")


def add(store: Store, *keys: str, holder: str = "me") -> list[Sending]:
    with store.open_work() as work:
        return work.outbox.add("ada/site", [wish(key) for key in keys], holder=holder)


def claim(store: Store, holder: str, limit: int = 10) -> list[str]:
    with store.open_work() as work:
        return [sending.effect.key for sending in work.outbox.claim(holder, limit)]


def mark(store: Store, *outcomes: Sent) -> None:
    with store.open_work() as work:
        work.outbox.mark(outcomes)


def test_effects_are_numbered_in_the_order_of_the_wishes(store: Store, open_store: OpenStore) -> None:
    other = open_store()
    sendings = [*add(store, "a", "b"), *add(other, "c"), *add(store, "d")]

    assert [sending.id for sending in sendings] == sorted({sending.id for sending in sendings})
    assert [sending.effect.key for sending in sendings] == ["a", "b", "c", "d"]
    assert {sending.tries for sending in sendings} == {1}


def test_the_same_wish_twice_is_one(store: Store) -> None:
    assert [one.effect.key for one in add(store, "a", "b", "a")] == ["a", "b"]
    assert [one.effect.key for one in add(store, "b", "c")] == ["c"]
    with store.open_work() as work:
        assert len(work.outbox.add("ada/site", [wish("d")], holder="me")) == 1
        assert work.outbox.add("ada/site", [wish("d"), wish("a")], holder="me") == []


def test_an_effect_is_read_as_it_was_wished_for(store: Store) -> None:
    effects: list[Effect] = [
        CreateIssue(plan="plan", key="1", phase=None),
        SetIssueState(plan="plan", key="2", phase="a", state="closed", reason="completed"),
        DispatchAttempt(plan="plan", key="3", phase="a", fence=7, executor="local"),
    ]
    with store.open_work() as work:
        added = work.outbox.add("ada/site", effects, holder="dead")
    store.release("dead")

    with store.open_work() as work:
        claimed = work.outbox.claim("me", 10)

    assert [(one.id, one.project, one.effect) for one in claimed] == [(one.id, "ada/site", one.effect) for one in added]
    assert [one.effect for one in claimed] == effects
    assert {one.tries for one in claimed} == {2}


def test_what_a_living_process_holds_is_left_to_it(store: Store, clock: HandClock) -> None:
    add(store, "a", holder="alive")

    for _ in range(3):
        clock.pass_(SILENCE / 2)
        store.beat("alive")
        assert claim(store, "other") == []
    assert claim(store, "alive") == []  # it holds it already


def test_what_a_silent_process_held_is_taken_over_once(store: Store, open_store: OpenStore, clock: HandClock) -> None:
    add(store, "a", "b", "c", holder="silent")
    clock.pass_(SILENCE)

    assert claim(store, "one", limit=2) == ["a", "b"]
    assert claim(open_store(), "two") == ["c"]
    assert claim(store, "one") == []


def test_what_a_dead_process_held_is_free_at_once(store: Store) -> None:
    add(store, "a", holder="dead")
    assert claim(store, "next") == []

    store.release("dead")

    assert claim(store, "next") == ["a"]


def test_a_process_that_was_struck_off_is_alive_again_when_it_adds(store: Store) -> None:
    add(store, "a", holder="back")
    store.release("back")
    add(store, "b", holder="back")

    assert claim(store, "other") == []


def test_what_is_done_or_dead_is_never_claimed(store: Store) -> None:
    done, dead = add(store, "a", "b", holder="dead")
    mark(store, Sent(id=done.id), Sent(id=dead.id, error="422: no such issue\0"))
    store.release("dead")

    assert claim(store, "next") == []
    assert store.views.counts().sendings == {"done": 1, "dead": 1}
    assert add(store, "a", "b") == []


def test_what_failed_for_now_is_claimed_by_anyone_when_its_time_has_come(store: Store, clock: HandClock) -> None:
    first, second = add(store, "a", "b")
    later = NOW + timedelta(seconds=30)
    mark(
        store, Sent(id=first.id, error="502", retry_at=later), Sent(id=second.id, error="503", retry_at=later + SILENCE)
    )
    with store.open_work() as work:
        assert work.outbox.next_retry() == later
    assert claim(store, "me") == []

    clock.moment = later
    with store.open_work() as work:
        assert [(one.effect.key, one.tries) for one in work.outbox.claim("me", 10)] == [("a", 2)]
        assert work.outbox.next_retry() == later + SILENCE


def test_what_its_holder_tries_again_stays_with_it_and_shows_what_it_waits_for(
    store: Store, open_store: OpenStore, clock: HandClock
) -> None:
    (sending,) = add(store, "a")
    mark(store, Sent(id=sending.id, error="busy", retry_at=clock.now(), kept=True))

    assert claim(open_store(), "other") == []
    shown = store.records.sending(sending.id)
    assert (shown.state, shown.error, shown.tries) == ("pending", "busy", 2)


def test_a_late_failure_does_not_undo_what_is_done(store: Store) -> None:
    [sending] = add(store, "a")
    mark(store, Sent(id=sending.id), Sent(id=sending.id, error="timeout", retry_at=NOW))

    assert claim(store, "other") == []


def test_what_a_failed_work_wished_for_was_never_wished_for(store: Store) -> None:
    def pull_the_plug() -> None:
        with store.open_work() as work:
            work.outbox.add("ada/site", [wish("a")], holder="me")
            work.outbox.next_retry()  # a question to the database in between
            raise PulledPlug

    with pytest.raises(PulledPlug):
        pull_the_plug()

    assert [one.effect.key for one in add(store, "a")] == ["a"]
