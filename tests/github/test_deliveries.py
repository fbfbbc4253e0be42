"""Which webhooks are asked for again: those that no attempt has brought, and that another one could."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.github.deliveries import Attempt, missed

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def attempt(id: int, guid: str, status: str = "OK", code: int = 202) -> Attempt:
    return Attempt(id=id, guid=guid, delivered_at=START + timedelta(seconds=id), status=status, status_code=code)


def asked_for(*attempts: Attempt) -> list[int]:
    return [one.attempt for one in missed(attempts)]


def test_what_arrived_is_left_alone_whichever_attempt_has_brought_it() -> None:
    assert asked_for(attempt(1, "a"), attempt(2, "b", "timed out", 0), attempt(3, "b")) == []


def test_the_newest_attempt_of_what_never_arrived_is_repeated_the_oldest_event_first() -> None:
    found = asked_for(
        attempt(4, "b", "Invalid HTTP Response: 503", 503),
        attempt(3, "a", "failed to connect to host", 0),
        attempt(1, "a", "timed out", 0),
        attempt(2, "c"),
    )

    assert found == [3, 4]


def test_what_we_would_refuse_again_is_not_asked_for() -> None:
    assert asked_for(attempt(1, "a", "Invalid HTTP Response: 400", 400)) == []
    assert asked_for(attempt(1, "a", "Invalid HTTP Response: 413", 413)) == []


def test_a_secret_that_was_wrong_may_be_right_by_now() -> None:
    assert asked_for(attempt(1, "a", "Invalid HTTP Response: 401", 401)) == [1]
