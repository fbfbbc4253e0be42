"""The ledger on each database: the pace is the account's, across threads, processes and restarts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from bot.store import Store
from services.publishing.pace import Hold, Pace, Quota

from .conftest import HandClock, OpenStore

ME = "installation 7"
PATIENCE = timedelta(seconds=5)
PACE = Pace(timedelta(seconds=1), 3, 5)


def taken(store: Store, now: datetime, count: int = 1, account: str = ME) -> list[float]:
    return [store.ledger.turn(account, PACE, now, PATIENCE).total_seconds() for _ in range(count)]


def test_turns_follow_one_another_until_patience_ends(store: Store, clock: HandClock) -> None:
    assert taken(store, clock.now(), 4) == [0, 1, 2, 60]
    assert taken(store, clock.now(), 1) == [60], "what is not taken is still to be had"


def test_what_was_written_within_the_hour_is_counted_by_account(store: Store, clock: HandClock) -> None:
    taken(store, clock.now(), 3)
    assert store.ledger.written(ME, clock.now()) == 3
    assert store.ledger.written("somebody else", clock.now()) == 0
    clock.pass_(timedelta(hours=1, seconds=1))
    assert store.ledger.written(ME, clock.now()) == 1


def test_another_process_and_a_later_one_keep_the_pace(open_store: OpenStore, clock: HandClock) -> None:
    first, second = open_store(), open_store()
    assert taken(first, clock.now(), 2) + taken(second, clock.now(), 2) == [0, 1, 2, 60]
    first.close()
    clock.pass_(timedelta(seconds=61))
    assert taken(open_store(), clock.now(), 2) == [0, 1]
    clock.pass_(timedelta(minutes=2))
    assert taken(second, clock.now(), 1) == [3600 - 181], "five an hour"


def test_accounts_have_a_pace_each(store: Store, clock: HandClock) -> None:
    assert taken(store, clock.now(), 2) == [0, 1]
    assert taken(store, clock.now(), 1, "another") == [0]


def test_threads_never_share_a_turn(open_store: OpenStore, clock: HandClock) -> None:
    stores = [open_store(), open_store()]
    pace = Pace(timedelta(seconds=1), 80, 500)
    with ThreadPoolExecutor(4) as pool:
        turns = list(
            pool.map(lambda n: stores[n % 2].ledger.turn(ME, pace, clock.now(), timedelta(minutes=1)), range(20))
        )
    assert sorted(turn.total_seconds() for turn in turns) == list(range(20))


@pytest.mark.parametrize("of_writes", [True, False])
def test_a_hold_is_known_to_whoever_comes_later(open_store: OpenStore, clock: HandClock, of_writes: bool) -> None:
    hold = Hold(clock.now() + timedelta(minutes=4), 3, of_writes)
    first = open_store()
    assert first.ledger.held(ME) is None
    first.ledger.hold(ME, hold)
    assert open_store().ledger.held(ME) == hold
    first.ledger.hold(ME, None)
    assert open_store().ledger.held(ME) is None


def test_what_github_allows_is_kept_beside_a_hold(store: Store, clock: HandClock) -> None:
    quota = Quota(5000, 4711, clock.now() + timedelta(minutes=40), clock.now())
    store.ledger.told(ME, quota)
    assert [(one.name, one.quota, one.held_until) for one in store.machinery.accounts(clock.now())] == [
        (ME, quota, None)
    ]

    hold = Hold(clock.now() + timedelta(minutes=1), 1, of_writes=True)
    store.ledger.hold(ME, hold)
    later = Quota(5000, 12, quota.resets_at, clock.now() + timedelta(minutes=5))
    store.ledger.told(ME, later)
    assert store.ledger.held(ME) == hold
    (account,) = store.machinery.accounts(clock.now())
    assert (account.quota, account.held_until) == (later, hold.until)
