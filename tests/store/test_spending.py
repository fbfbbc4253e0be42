"""What attempts have used is summed from the attempts themselves, whatever became of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.store import Store
from services.domain.attempts import Attempt, AttemptState, Result
from services.domain.budgets import Spending, Spent, day_of
from services.domain.phase import Phase
from tests.plans import NOW, loose
from tests.store.conftest import put


def used(phase: Phase, fence: int, result: Result, ago: timedelta, executor: str = "local") -> Phase:
    """The phase after an attempt of ten minutes, that long ago."""
    end = NOW - ago
    attempt = Attempt(
        number=1,
        fence=fence,
        executor=executor,
        state=AttemptState.FAILED,
        claimed_at=end - timedelta(minutes=10),
        finished_at=end,
        result=result,
    )
    return replace(phase, attempt=attempt, attempts=1)


def test_spending_is_that_of_the_plan_of_its_project_and_of_the_day(store: Store) -> None:
    mine, other = loose("a b c"), loose("a", id="other")
    mine = mine.with_phase(used(mine.phase("a"), 1, Result(tokens=10, cost=0.5), timedelta(hours=1)))
    mine = mine.with_phase(used(mine.phase("b"), 2, Result(tokens=5), timedelta(days=2)))
    mine = mine.with_phase(used(mine.phase("c"), 3, Result(tokens=1), timedelta(hours=1), executor="manual"))
    other = other.with_phase(used(other.phase("a"), 1, Result(cost=2.0), timedelta(hours=2)))
    elsewhere = loose("a", id="elsewhere", project="ada/blog")
    elsewhere = elsewhere.with_phase(used(elsewhere.phase("a"), 1, Result(tokens=1000), timedelta(hours=1)))
    put(store, mine, other, elsewhere)

    minutes = timedelta(minutes=10)
    expected = Spending(
        plan=Spent(15, 0.5, 2 * minutes), project=Spent(15, 2.5, 3 * minutes), day=Spent(10, 2.5, 2 * minutes)
    )
    assert store.lookups.spending(mine, day_of(NOW)) == expected
    with store.open_work() as work:
        assert work.plans.spending(mine, day_of(NOW)) == expected
