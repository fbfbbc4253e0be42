"""Plans are stored whole, changed in part, and never half."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.store import Store
from services.domain.errors import NotFound, PlanMoved
from services.domain.failure import Failure
from services.domain.phase import OnError, Operation, Qa, Rules
from services.domain.pull import Pull, PullState
from tests.plans import LOCAL, NOW, Story, chain, diamond, published
from tests.store.conftest import HandClock, OpenStore, PulledPlug, put, read, text_of


def test_a_plan_is_read_as_it_was_added(store: Store, open_store: OpenStore) -> None:
    rules = Rules(
        executor="local",
        on_error=OnError.CONTINUE,
        retries=3,
        retry_delay=timedelta(milliseconds=1, days=2),
        timeout=timedelta(minutes=30),
        approval=True,
        qa=Qa.MANUAL,
        operations=(Operation("command", {"run": "make {file}", "env": {"A": ["1", None, 2.5, True]}}),),
    )
    plan = replace(published(diamond(rules)), selected=frozenset({"top", "left"}), source="plans/é.md", priority=10)

    put(store, plan)

    assert read(open_store()) == plan


def test_a_moment_keeps_its_microseconds_and_its_instant(store: Store, open_store: OpenStore) -> None:
    paris = timezone(timedelta(hours=2))
    plan = chain("a", created_at=datetime(1969, 7, 16, 15, 32, 0, 123457, tzinfo=paris))

    put(store, plan)

    created_at = read(open_store()).created_at
    assert created_at == plan.created_at
    assert created_at is not None
    assert created_at.tzinfo is UTC


def test_the_bodies_of_a_plan_are_kept_apart(store: Store) -> None:
    plan = diamond()
    put(store, plan)

    with store.open_work() as work:
        assert work.plans.text("plan") == text_of(plan)
        with pytest.raises(NotFound, match="there is no plan other"):
            work.plans.text("other")


def test_the_pull_request_of_a_plan_is_kept_and_found_while_it_waits(store: Store, open_store: OpenStore) -> None:
    waiting = Pull("phasebot/plan", "main", PullState.OPEN, 7, "https://x/7", NOW, "")
    put(store, replace(chain("a"), pull=waiting), replace(chain("a"), id="other"))
    lookups = open_store().lookups

    assert read(open_store()).pull == waiting
    assert (lookups.branches("ada/site"), lookups.branches("ada/shop")) == (["phasebot/plan"], [])
    found = lookups.merging("ada/site", "phasebot/plan")
    assert found is not None
    assert (found.id, lookups.merging("ada/site", "main")) == ("plan", None)

    with store.open_work() as work:
        before = work.plans.locked(["plan"])["plan"]
        work.plans.save(before, replace(before, pull=replace(waiting, state=PullState.MERGED)), None)
    assert lookups.branches("ada/site") == []


def test_a_plan_that_does_not_exist_is_neither_found_nor_locked(store: Store) -> None:
    with store.open_work() as work:
        assert work.plans.find("plan") is None
        assert work.plans.find_source("ada/site", "plan.md") is None
        assert work.plans.locked(["plan"]) == {}


def test_the_newest_plan_of_a_source_is_found(store: Store) -> None:
    older = chain("a", id="older", source="plan.md")
    newer = chain("a", id="newer", source="plan.md", created_at=NOW + timedelta(seconds=1))
    elsewhere = chain("a", id="elsewhere", source="plan.md", project="bob/site", created_at=NOW + timedelta(days=1))
    put(store, newer, older, elsewhere)

    with store.open_work() as work:
        assert work.plans.find_source("ada/site", "plan.md") == newer
        assert work.plans.find_source("ada/site", "other.md") is None


def test_what_was_saved_is_read_by_others_with_the_next_version(store: Store, open_store: OpenStore) -> None:
    put(store, chain("a b"))
    story = Story(chain("a b")).starts("a")

    with store.open_work() as work:
        saved = work.plans.save(work.plans.locked(["plan"])["plan"], story.plan, wake_at=None)

    assert saved == replace(story.plan, version=1)
    assert read(store) == saved
    assert read(open_store()) == saved


def test_several_saves_of_one_work_are_one_version(store: Store, open_store: OpenStore) -> None:
    put(store, chain("a b"))
    story = Story(chain("a b"))

    with store.open_work() as work:
        plan = work.plans.locked(["plan"])["plan"]
        plan = work.plans.save(plan, story.starts("a").plan, wake_at=None)
        work.plans.startable(10)  # a question to the database in between
        story.ends("a")
        work.plans.save(plan, story.plan, wake_at=None)
        assert work.plans.locked(["plan"])["plan"] == replace(story.plan, version=1)

    assert read(open_store()) == replace(story.plan, version=1)


def test_every_attempt_stays_in_the_history(store: Store) -> None:
    put(store, chain("a", replace(LOCAL, retries=1, retry_delay=timedelta())))
    story = Story(read(store))

    with store.open_work() as work:
        plan = work.plans.locked(["plan"])["plan"]
        for _ in range(2):
            plan = work.plans.save(plan, story.starts("a").plan, wake_at=None)
            story.ends("a", "broke", retryable=True)
            plan = work.plans.save(plan, story.plan, wake_at=None)

    attempts = store.views.attempts("plan.1")
    assert [(made.number, made.state, made.failure) for made in attempts] == [
        (1, "failed", Failure("exit", "a broke", retryable=True)),
        (2, "failed", Failure("exit", "a broke", retryable=True)),
    ]


def test_a_plan_that_is_not_held_cannot_be_saved(store: Store) -> None:
    put(store, chain("a"))
    plan = read(store)

    with pytest.raises(PlanMoved), store.open_work() as work:
        work.plans.save(plan, replace(plan, title="New"), wake_at=None)

    assert read(store).title == "Plan"


def test_a_plan_decided_on_an_old_version_cannot_be_saved(store: Store, open_store: OpenStore) -> None:
    put(store, chain("a"))
    old = read(store)
    for title in ("Newer", "Newest"):
        _retitle(open_store(), title)

    def save_the_old() -> None:
        with store.open_work() as work:
            work.plans.locked(["plan"])
            work.plans.save(old, replace(old, title="Old"), wake_at=None)

    with pytest.raises(PlanMoved):
        save_the_old()

    assert read(store).title == "Newest"


def test_a_plan_changed_elsewhere_is_read_anew(store: Store, open_store: OpenStore) -> None:
    put(store, chain("a"))
    assert read(store).title == "Plan"

    _retitle(open_store(), "Changed elsewhere")

    assert read(store).title == "Changed elsewhere"


def _retitle(store: Store, title: str) -> None:
    with store.open_work() as work:
        plan = work.plans.locked(["plan"])["plan"]
        work.plans.save(plan, replace(plan, title=title), wake_at=None)


@pytest.mark.parametrize("is_written", [False, True], ids=["while collecting", "after writing"])
def test_a_work_that_raises_leaves_nothing(store: Store, open_store: OpenStore, is_written: bool) -> None:
    put(store, chain("a b"))
    before = read(store)

    def pull_the_plug() -> None:
        with store.open_work() as work:
            work.plans.add(chain("x", id="new"), text_of(chain("x")))
            held = work.plans.locked(["plan"])["plan"]
            work.plans.save(held, Story(held).starts("a").plan, wake_at=NOW)
            if is_written:
                assert work.plans.due(NOW) == ["plan"]
            raise PulledPlug

    with pytest.raises(PulledPlug):
        pull_the_plug()

    for one in (store, open_store()):
        assert read(one) == before
        with one.open_work() as work:
            assert work.plans.find("new") is None
            assert work.plans.next_wake() is None
            assert work.plans.slots().running == 0
        assert one.views.attempts("plan.1") == []


def test_what_a_broken_work_had_in_mind_is_not_remembered(store: Store, open_store: OpenStore) -> None:
    put(store, chain("a"))

    def pull_the_plug() -> None:
        with store.open_work() as work:
            plan = work.plans.locked(["plan"])["plan"]
            work.plans.save(plan, replace(plan, title="Never"), wake_at=None)
            raise PulledPlug

    with pytest.raises(PulledPlug):
        pull_the_plug()
    _retitle(open_store(), "Changed elsewhere")  # which is the same version, of another content

    assert read(store).title == "Changed elsewhere"


def test_only_what_changed_is_written(store: Store, clock: HandClock) -> None:
    put(store, chain("a b c"))
    before = {item.phase_key: item.updated_at for item in store.views.queue()}

    clock.pass_(timedelta(hours=1))
    with store.open_work() as work:
        plan = work.plans.locked(["plan"])["plan"]
        work.plans.save(plan, Story(plan).passes("a").plan, wake_at=None)

    changed = {item.phase_key: item.updated_at for item in store.views.queue()}
    assert changed == {"a": clock.now(), "b": clock.now(), "c": before["c"]}  # b has become ready
