"""How far lists were read is kept, and only ever moves on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.store import Store

EARLY = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATE = EARLY + timedelta(microseconds=1)


def test_a_list_that_was_never_read_has_no_cursor(store: Store) -> None:
    assert store.cursors.at("issues of ada/site") is None


def test_a_cursor_moves_on_and_never_back(store: Store) -> None:
    for moment in (EARLY, LATE, EARLY):
        store.cursors.move("issues of ada/site", moment)
        store.cursors.move("issues of ada/other", EARLY)

    assert store.cursors.at("issues of ada/site") == LATE
    assert store.cursors.at("issues of ada/other") == EARLY


def test_the_causes_that_were_applied_are_known_again(store: Store) -> None:
    with store.open_work() as work:
        work.inbox.first_time(["a", "b"])

    assert store.lookups.has_heard(["a", "b"])
    assert not store.lookups.has_heard(["a", "c"])
