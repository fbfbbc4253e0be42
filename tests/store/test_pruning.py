"""What has been dealt with long ago makes room; what still waits, has failed, or is the audit trail stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import Store, pruning
from bot.store.pruning import Retention
from services.domain.events import Event
from services.ports import Sent
from tests.plans import NOW
from tests.store.conftest import HandClock
from tests.store.test_inbox import ORDER, delivery
from tests.store.test_outbox import wish

DAY = timedelta(days=1)
MONTH = Retention(30 * DAY)


@pytest.fixture
def used(store: Store) -> Store:
    """Each thing once dealt with, once waiting, once given up."""
    with store.open_work() as work:
        work.inbox.receive([delivery(id, ORDER) for id in ("applied", "waiting", "dead")])
        work.inbox.finish(["applied"])
        work.inbox.fail("dead", "no", retry_at=None)
        work.inbox.first_time({"a cause"})
        done, _, dead = work.outbox.add("ada/site", [wish(key) for key in ("done", "pending", "dead")], holder="me")
        work.outbox.mark([Sent(id=done.id), Sent(id=dead.id, error="no")])
        work.events.append([Event("phase_failed", "plan", "c")], NOW)
    return store


def left(store: Store) -> tuple[dict[str, int], dict[str, int], bool]:
    """Deliveries and sendings by state, and whether there is an audit trail."""
    counts = store.views.counts()
    return dict(counts.deliveries), dict(counts.sendings), store.records.last_event() > 0


def test_what_is_young_stays(used: Store, clock: HandClock) -> None:
    before = left(used)
    clock.pass_(29 * DAY)

    assert used.prune(MONTH) == 0

    assert left(used) == before


def test_what_was_dealt_with_long_ago_goes_and_nothing_else(used: Store, clock: HandClock) -> None:
    clock.pass_(31 * DAY)

    assert used.prune(MONTH) == 3

    assert left(used) == ({"resolved": 1, "dead": 1}, {"pending": 1, "dead": 1}, True)
    with used.open_work() as work:
        assert work.inbox.first_time({"a cause"}) == {"a cause"}


def test_the_audit_trail_goes_only_where_that_is_wanted(used: Store, clock: HandClock) -> None:
    clock.pass_(400 * DAY)

    assert used.prune(Retention(None, audit=365 * DAY)) == 1

    assert not left(used)[2]


def test_however_much_there_is_it_goes_in_small_transactions(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCH", 10)
    with store.open_work() as work:
        work.inbox.first_time({f"cause-{n}" for n in range(25)})
    clock.pass_(31 * DAY)

    assert store.prune(MONTH) == 25
    assert store.prune(MONTH) == 0
