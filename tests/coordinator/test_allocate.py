"""Who gets the free slots: priority, then fair share among projects, then plan age, then phase order, within limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.coordinator.advance import Candidate, advance, allocate
from services.domain.plan import Plan
from services.domain.world import Limits, Slots, World
from tests.plans import BY_HAND, LOCAL, NOW, WORLD, chain, loose

ACTIONS = replace(LOCAL, executor="actions")


def named(id: str, project: str = "ada/site", made: Plan | None = None, **facts: object) -> Plan:
    return replace(made or chain("a"), id=id, project=project, **facts)  # type: ignore[arg-type]


def candidates(*plans: Plan) -> list[Candidate]:
    return [one for plan in plans for one in advance(plan, WORLD, NOW)]


def served(waiting: Sequence[Candidate], limits: Limits | None = None, slots: Slots | None = None) -> list[str]:
    world = World(limits=limits or Limits(), slots=slots or Slots())
    return [f"{one.plan.id}/{one.phase.key}" for one in allocate(waiting, world).chosen]


def test_without_limits_everybody_starts() -> None:
    assert served(candidates(loose("a b c"))) == ["plan/a", "plan/b", "plan/c"]


def test_the_more_urgent_plan_is_first() -> None:
    waiting = candidates(named("normal"), named("urgent", priority=10), named("background", priority=90))

    assert served(waiting) == ["urgent/a", "normal/a", "background/a"]


def test_a_phase_may_be_more_urgent_than_its_plan() -> None:
    made = loose("a b")
    made = made.with_phase(replace(made.phase("b"), priority=10))

    assert served(candidates(made)) == ["plan/b", "plan/a"]


def test_among_equals_the_project_with_fewer_slots_is_first() -> None:
    busy, idle = named("busy", "busy", loose("a b")), named("idle", "idle", loose("a b"))

    assert served(candidates(busy, idle), slots=Slots(running=1, projects={"busy": 1})) == [
        "idle/a",
        "busy/a",
        "idle/b",
        "busy/b",
    ]


def test_priority_goes_before_fair_share() -> None:
    waiting = candidates(named("idle", "idle"), named("busy", "busy", priority=10))

    assert served(waiting, slots=Slots(running=9, projects={"busy": 9})) == ["busy/a", "idle/a"]


def test_within_a_project_the_older_plan_is_first_and_then_the_order_of_phases() -> None:
    old, new = named("z-old", made=loose("a b")), named("a-new", created_at=NOW + timedelta(seconds=1))

    assert served(candidates(new, old)) == ["z-old/a", "z-old/b", "a-new/a"]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(running=3), ["one/a", "other/a", "one/b"]),
        (Limits(project=1), ["one/a", "other/a"]),
        (Limits(plan=1), ["one/a", "other/a"]),
        (Limits(executors={"local": 1}), ["one/a"]),
        (Limits(running=0), []),
    ],
)
def test_no_limit_is_ever_exceeded(limits: Limits, expected: list[str]) -> None:
    waiting = candidates(named("one", "one", loose("a b")), named("other", "other", loose("a b")))

    assert served(waiting, limits) == expected
    assert allocate(waiting, World(limits=limits)).left_waiting


def test_slots_taken_already_count() -> None:
    assert served(candidates(loose("a b c")), Limits(running=2), Slots(running=1)) == ["plan/a"]


def test_a_full_executor_does_not_keep_another_one_waiting() -> None:
    made = loose("a b", {"a": LOCAL, "b": ACTIONS})

    assert served(candidates(made), Limits(executors={"local": 0})) == ["plan/b"]


def test_a_full_project_does_not_keep_another_one_waiting() -> None:
    waiting = candidates(named("full", "full", priority=10), named("free", "free"))

    assert served(waiting, Limits(project=1), Slots(running=1, projects={"full": 1})) == ["free/a"]


def test_a_persons_work_takes_no_slot() -> None:
    made = loose("a b c", {"a": BY_HAND, "b": BY_HAND})
    allocation = allocate(candidates(made), World(limits=Limits(running=1)))

    assert [one.phase.key for one in allocation.chosen] == ["a", "b", "c"]
    assert not allocation.left_waiting


def test_nobody_waits_when_nobody_asked() -> None:
    allocation = allocate([], World(limits=Limits(running=0)))

    assert (allocation.chosen, allocation.left_waiting) == ((), False)
