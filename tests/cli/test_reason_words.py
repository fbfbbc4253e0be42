"""Reasons in words: the whole vocabulary."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.coordinator.reason_words import in_words
from services.domain.reasons import Reason, ReasonCode
from tests.plans import NOW, loose

PLAN = loose("walls roof door")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason(ReasonCode.WAITING_FOR_DEPENDENCY, ("walls",)), "waits for Walls"),
        (Reason(ReasonCode.WAITING_FOR_DEPENDENCY, ("walls", "roof")), "waits for Walls and Roof"),
        (
            Reason(ReasonCode.DEPENDENCY_FAILED, ("walls", "roof", "door")),
            "needs Walls, Roof and Door, which did not finish",
        ),
        (Reason(ReasonCode.PLAN_STOPPED, ("walls",)), "the plan has stopped, because of Walls"),
        (Reason(ReasonCode.RETRY_BACKOFF, until=NOW + timedelta(seconds=90)), "is tried again in 1 min 30 s"),
        (Reason(ReasonCode.RETRY_BACKOFF, until=NOW), "is tried again now"),
        (Reason(ReasonCode.ATTEMPT_STOPPING, ("walls",)), "waits until the earlier attempt of Walls has ended"),
        (Reason(ReasonCode.EXECUTOR_UNAVAILABLE, what="local"), "the executor local takes no work now"),
        (
            Reason(ReasonCode.EXECUTOR_UNAVAILABLE, what="local", why="no_workers"),
            "the executor local takes no work now: no worker is there",
        ),
        (Reason(ReasonCode.PROJECT_PAUSED, what="ada/site"), "the project ada/site is paused"),
        (
            Reason(ReasonCode.SLOT_LIMIT, what="local", facts={"limit": 2, "taken": 2}),
            "waits for a free slot: the executor local runs 2 of at most 2",
        ),
    ],
)
def test_a_reason_is_told_with_its_facts(reason: Reason, words: str) -> None:
    assert in_words(PLAN, reason, NOW) == words


@pytest.mark.parametrize("code", ReasonCode)
def test_no_reason_is_without_words(code: ReasonCode) -> None:
    assert in_words(PLAN, Reason(code), NOW)
