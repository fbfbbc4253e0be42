"""Which plans may start something, in which order; when the next one wants to be woken; which slots are taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.store import Store
from services.domain.plan import Plan, PlanState
from services.domain.world import Slots
from tests.plans import BY_HAND, FAIL, LOCAL, NOW, Story, chain, loose
from tests.store.conftest import HandClock, OpenStore, put


def startable(store: Store, limit: int = 10) -> list[str]:
    with store.open_work() as work:
        return work.plans.startable(limit)


def test_plans_start_by_urgency_then_fair_share_then_age(store: Store) -> None:
    busy = Story(loose("a b", id="busy", project="bob/busy", created_at=NOW - timedelta(days=9))).starts("a").plan
    plans = {
        "young": chain("a"),
        "old": chain("a", created_at=NOW - timedelta(days=1)),
        "urgent": chain("a", priority=10, created_at=NOW + timedelta(days=1)),
        "background": chain("a", priority=90, created_at=NOW - timedelta(days=5)),
    }
    put(store, busy, *(replace(plan, id=id) for id, plan in plans.items()))

    assert startable(store) == ["urgent", "old", "young", "busy", "background"]
    assert startable(store, limit=2) == ["urgent", "old"]


def test_an_urgent_phase_makes_its_plan_urgent_once_it_is_ready(store: Store) -> None:
    lifted = chain("a b")
    lifted = replace(lifted.with_phase(replace(lifted.phase("b"), priority=10)), id="lifted")
    put(store, chain("a", priority=20, id="other"), lifted)
    assert startable(store) == ["other", "lifted"]

    with store.open_work() as work:
        plan = work.plans.locked(["lifted"])["lifted"]
        work.plans.save(plan, Story(plan).passes("a").plan, wake_at=None)

    assert startable(store) == ["lifted", "other"]


_ready = chain("a b")
_APPROVAL = replace(LOCAL, approval=True)


@pytest.mark.parametrize(
    "plan",
    [
        *(replace(_ready, state=state) for state in PlanState if state is not PlanState.ACTIVE),
        replace(_ready, selected=frozenset("b")),
        chain("a", _APPROVAL),
        Story(_ready).starts("a").plan,
        Story(_ready).passes("a", "b").plan,
        Story(_ready).breaks("a").plan,
        Story(loose("a b", FAIL)).breaks("a").plan,
        _ready.with_phase(replace(_ready.phase("a"), not_before=NOW + timedelta(seconds=1))),
    ],
    ids=[
        *(state for state in PlanState if state is not PlanState.ACTIVE),
        *("not selected", "awaits approval", "running", "completed", "blocked", "stopped", "backing off"),
    ],
)
def test_a_plan_with_nothing_to_start_does_not_crowd_out_others(store: Store, plan: Any) -> None:
    put(store, getattr(plan, "plan", plan))

    assert startable(store) == []


def test_a_plan_becomes_startable_when_what_held_it_back_is_gone(store: Store, clock: HandClock) -> None:
    plan = replace(chain("a", _APPROVAL), selected=frozenset("b"))
    put(store, plan.with_phase(replace(plan.phase("a"), not_before=NOW + timedelta(seconds=1))))

    def save(change: Any) -> None:
        with store.open_work() as work:
            held = work.plans.locked(["plan"])["plan"]
            work.plans.save(held, change(held), wake_at=None)

    clock.pass_(timedelta(seconds=1))
    assert startable(store) == []
    save(lambda held: replace(held, selected=None))
    assert startable(store) == []
    save(lambda held: held.with_phase(replace(held.phase("a"), approved_by="ada")))
    assert startable(store) == ["plan"]


def test_choosing_other_phases_is_enough_to_start_or_hold_back_a_plan(store: Store) -> None:
    put(store, chain("a b"))

    def select(*keys: str) -> None:
        with store.open_work() as work:
            held = work.plans.locked(["plan"])["plan"]
            work.plans.save(held, replace(held, selected=frozenset(keys)), wake_at=None)

    select("b")
    assert startable(store) == []
    select("a", "b")
    assert startable(store) == ["plan"]


def test_nothing_starts_in_a_paused_project(store: Store) -> None:
    put(store, chain("a"))
    with store.open_work() as work:
        work.projects.pause("ada/site")
        assert work.projects.paused() == {"ada/site": ""}
    assert startable(store) == []

    with store.open_work() as work:
        work.projects.resume("ada/site")
        assert work.projects.paused() == {}
    assert startable(store) == ["plan"]


def test_adding_a_project_twice_changes_nothing(store: Store) -> None:
    with store.open_work() as work:
        work.projects.add("ada/site")
        work.projects.pause("ada/site")
        work.projects.add("ada/site")

        assert work.projects.paused() == {"ada/site": ""}


def test_plans_are_woken_at_the_moment_they_asked_for(store: Store) -> None:
    put(store, *(chain("a", id=id) for id in ("late", "soon", "never")))
    wakes = {"late": NOW + timedelta(seconds=2), "soon": NOW + timedelta(seconds=1), "never": None}
    with store.open_work() as work:
        for id, plan in work.plans.locked(wakes).items():
            work.plans.save(plan, replace(plan, title="Waiting"), wakes[id])

    with store.open_work() as work:
        assert work.plans.next_wake() == NOW + timedelta(seconds=1)
        assert work.plans.due(NOW) == []
        assert work.plans.due(NOW + timedelta(seconds=1)) == ["soon"]
        assert work.plans.due(NOW + timedelta(hours=1)) == ["soon", "late"]

    with store.open_work() as work:
        soon = work.plans.locked(["soon"])["soon"]
        work.plans.save(soon, replace(soon, title="Woken"), None)
        assert work.plans.next_wake() == NOW + timedelta(seconds=2)


def test_slots_are_counted_in_every_scope(store: Store, open_store: OpenStore) -> None:
    actions = replace(LOCAL, executor="actions")
    plans = [
        Story(loose("a b c", id="one")).starts("a", "b").plan,
        Story(loose("a b", {"a": actions, "b": LOCAL}, id="two")).starts("a").plan,
        Story(loose("a", id="three", project="bob/site")).starts("a").plan,
        Story(loose("a", BY_HAND, id="manual")).starts("a").plan,
        Story(loose("a", id="done")).passes("a").plan,
    ]
    put(store, *plans)

    with open_store().open_work() as work:
        assert work.plans.slots() == Slots(
            running=4,
            projects={"ada/site": 3, "bob/site": 1},
            plans={"one": 2, "two": 1, "three": 1},
            executors={"local": 3, "actions": 1},
        )


def test_slots_include_what_this_work_has_saved(store: Store) -> None:
    running: Plan = Story(loose("a b")).starts("a").plan
    put(store, running)

    with store.open_work() as work:
        held = work.plans.locked(["plan"])["plan"]
        story = Story(held)
        held = work.plans.save(held, story.starts("b").plan, wake_at=None)
        assert work.plans.slots().plans == {"plan": 2}
        story.ends("a")
        work.plans.save(held, story.plan, wake_at=None)
        assert work.plans.slots().plans == {"plan": 1}

    with store.open_work() as work:
        assert work.plans.slots().plans == {"plan": 1}
