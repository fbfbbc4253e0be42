"""An executor that fails again and again by its own fault is left alone for a while, and then tried with one attempt."""

from __future__ import annotations

from datetime import timedelta

from services.domain.attempts import AttemptState
from services.domain.breaker import FAILURES, LONGEST, LOOKED_AT, End, standing
from services.domain.failure import Failure
from services.domain.world import Closed
from tests.plans import NOW

MINUTE = timedelta(minutes=1)
LOST = End(NOW, AttemptState.LOST, Failure("lost", "Gone."))
BROKE = End(NOW, AttemptState.FAILED, Failure("exit", "It broke."))
INTERRUPTED = End(NOW, AttemptState.LOST, Failure("interrupted", "The process was ended."))
PASSED = End(NOW, AttemptState.SUCCEEDED, None)


def test_one_that_fails_too_often_in_a_row_gets_no_work_for_a_while() -> None:
    assert standing([LOST] * (FAILURES - 1), MINUTE, NOW).closed is None
    assert standing([LOST] * FAILURES, MINUTE, NOW).closed == Closed("failing", NOW + MINUTE)


def test_work_that_fails_is_no_fault_of_its_executor_nor_is_a_restart_of_ours() -> None:
    for good in (BROKE, PASSED, INTERRUPTED):
        assert standing([*[LOST] * (FAILURES - 1), good, LOST], MINUTE, NOW).closed is None


def test_after_the_pause_one_attempt_is_let_through_and_the_next_pause_is_longer() -> None:
    after = standing([LOST] * FAILURES, MINUTE, NOW + MINUTE)
    assert (after.closed, after.is_on_probation) == (None, True)

    assert standing([LOST] * (FAILURES + 1), MINUTE, NOW).closed == Closed("failing", NOW + 2 * MINUTE)
    assert standing([LOST] * LOOKED_AT, MINUTE, NOW).closed == Closed("failing", NOW + LONGEST)
    assert not standing([PASSED, *[LOST] * FAILURES], MINUTE, NOW).is_on_probation


def test_it_can_be_switched_off() -> None:
    assert standing([LOST] * FAILURES, timedelta(), NOW).closed is None
