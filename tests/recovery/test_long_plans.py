"""A plan that grows too long for one parent: its phases move into groups, in order, none twice, none lost."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable

import pytest

from bot.bootstrap import Phasebot
from bot.intake import Submission
from bot.localhub.reading import RepositoryReading
from services.domain.plan import Plan, PlanState
from services.planning.parser import parse
from tests.recovery.conftest import PATIENCE, REPO, Away

UNHURRIED = {"writes_per_minute": 100_000, "writes_per_hour": 100_000}


def document(numbers: Iterable[int]) -> str:
    sections = (
        f"## Phase {number}: Step {number}\n\nDo step {number}.\n\n**Depends on**: none\n" for number in numbers
    )
    return "# Long\n\n" + "\n".join(sections)


def hand_in(bot: Phasebot, text: str) -> Plan:
    """Submit it, and wait until all that follows has been done."""
    id = bot.intake.submit(Submission(draft=parse(text, max_phases=1000), source="long.md")).plan.id
    deadline, pause = time.monotonic() + 4 * PATIENCE, threading.Event()
    while time.monotonic() < deadline:
        plan = bot.answers.plan(id)
        if plan is not None and plan.state is PlanState.ACTIVE and bot.answers.settled(plan):
            return plan
        pause.wait(0.05)
    raise AssertionError("it did not come to rest")


def shown(there: RepositoryReading) -> dict[str, list[str]]:
    """The children of the parent, and under those that are groups their own."""
    return {one.title: [child.title for child in there.sub_issues(one.number)] for one in there.sub_issues(1)}


def steps(numbers: Iterable[int]) -> list[str]:
    return [f"Phase {number}: Step {number}" for number in numbers]


@pytest.mark.parametrize("before", [90, 100])
def test_phases_move_into_groups_when_a_plan_grows_too_long(away: Away, before: int) -> None:
    with away.phasebot(**UNHURRIED) as bot:
        plan = hand_in(bot, document(range(1, before + 1)))
        there = away.hub.repository(REPO)
        assert list(shown(there)) == steps(range(1, before + 1))
        numbers = {phase.key: phase.issue for phase in plan}
        away.hub.requests.clear()

        plan = hand_in(bot, document(range(1, 131)))

        assert shown(there) == {
            "Phases 1–50": steps(range(1, 51)),
            "Phases 51–100": steps(range(51, 101)),
            "Phases 101–130": steps(range(101, 131)),
        }
        assert {key: ref for key, ref in numbers.items() if plan.phase(key).issue != ref} == {}
        assert len(there.issues) == 1 + 3 + 130, "none twice"
        asked = Counter(one.method for one in away.hub.requests)
        made, moved = 3 + 130 - before, before + 2
        assert asked["POST"] <= made + moved + 2
        assert asked["GET"] + asked["PATCH"] <= 2 * 130, asked
        away.hub.requests.clear()
        hand_in(bot, document(range(1, 131)))
        assert {one.method for one in away.hub.requests} <= {"GET"}
        assert len(away.hub.requests) <= 3


def test_phases_of_groups_follow_the_order_of_a_new_version(away: Away) -> None:
    order = [*range(1, 105)]
    with away.phasebot(**UNHURRIED) as bot:
        hand_in(bot, document(order))
    order.remove(3)
    order.insert(1, 3)
    order[-1:] = [105, 104]
    away.hub.requests.clear()

    with away.phasebot(**UNHURRIED) as bot:  # another process, which has made none of the groups
        hand_in(bot, document(order))

    there = away.hub.repository(REPO)
    groups = shown(there)
    assert groups["Phases 1–50"] == steps([1, 3, 2, *range(4, 51)])
    assert groups["Phases 51–100"] == steps(range(51, 101))
    assert list(groups.values())[2] == steps([101, 102, 103, 105, 104])
    assert list(groups)[2] == "Phases 101–104", "called after the first and the last one"
    moves = [one for one in away.hub.requests if one.path.endswith("/sub_issues/priority")]
    assert len(moves) == 2
    assert len(there.issues) == 1 + 3 + 105
