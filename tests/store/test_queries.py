"""Questions asked in every round find what they look for without walking through all there ever was."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Executable

from bot.store import Store, inbox, outbox, scheduling
from bot.store.sql import Statements
from tests.plans import chain
from tests.store.conftest import HandClock, put


@pytest.mark.parametrize(
    ("statement", "indexes"),
    [
        (scheduling.STARTABLE, {"ix_phases_startable", "ix_phases_stops_plan", "ix_phases_holds_slot"}),
        (scheduling._SLOTS, {"ix_phases_holds_slot"}),
        (scheduling.DUE, {"ix_plans_wake_at"}),
        (scheduling.NEXT_WAKE, {"ix_plans_wake_at"}),
        (inbox._RECEIVED, {"ix_inbox_open"}),
        (inbox._RESOLVED, {"ix_inbox_tried"}),
        (inbox._NEXT_RETRY, {"ix_inbox_tried"}),
        (outbox._CLAIM, {"ix_outbox_pending"}),
        (outbox._NEXT_RETRY, {"ix_outbox_pending"}),
    ],
    ids=["startable", "slots", "due", "next wake", "received", "resolved", "inbox retry", "claim", "outbox retry"],
)
def test_questions_of_every_round_use_small_indexes(
    tmp_path: Path, clock: HandClock, statement: Executable, indexes: set[str]
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}", clock=clock)
    put(store, chain("a b"))
    with store._database.cursor() as cursor:
        prepared = Statements(store._database.engine.dialect)[statement]
        cursor.execute(f"EXPLAIN QUERY PLAN {prepared.text}", [0] * prepared.text.count("?"))
        steps = [step for *_, step in cursor.fetchall()]
    store.close()

    scans = [step for step in steps if step.startswith("SCAN")]
    assert not [scan for scan in scans if not any(index in scan for index in indexes)]
    assert all(any(index in step for step in steps) for index in indexes)


def test_a_plan_that_has_not_changed_is_not_read_again(store: Store) -> None:
    put(store, chain("a b"))
    with store.open_work() as work:
        first = work.plans.locked(["plan"])["plan"]
    with store.open_work() as work:
        again = work.plans.locked(["plan"])["plan"]

    assert again is first


def test_a_checkpoint_empties_the_log_into_the_database(tmp_path: Path, clock: HandClock) -> None:
    file = tmp_path / "store.db"
    store = Store(f"sqlite:///{file}", clock=clock)
    put(store, *(chain("a b c", id=f"plan-{n}") for n in range(50)))
    before = file.stat().st_size

    store.checkpoint()

    assert file.stat().st_size > before
    store.close()


def _setting(store: Store, question: str) -> str:
    with store._database.cursor() as cursor:
        cursor.execute(question)
        [[value]] = cursor.fetchall()
    return str(value)


def test_a_commit_is_on_the_disk_before_it_returns(store: Store) -> None:
    if store._database.is_sqlite:
        assert _setting(store, "PRAGMA journal_mode") == "wal"
        assert _setting(store, "PRAGMA synchronous") == "2"  # FULL
    else:
        assert _setting(store, "SHOW synchronous_commit") == "on"
