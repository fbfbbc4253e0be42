"""Jobs in each database: what becomes of them, also without their process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.store import Store
from bot.store.pruning import Retention
from services.domain.errors import NotFound
from services.domain.failure import Failure
from services.execution.jobs import Job, JobState
from tests.plans import NOW
from tests.store.conftest import HandClock, OpenStore

CANCELLED = Failure("cancelled", "It was.", details={"output_tail": "\0 <script>"})


def a_job(id: str, **more: Any) -> Job:
    values: dict[str, Any] = {
        "project": "ada/site",
        "tool": "noop",
        "requested_by": "ada",
        "created_at": NOW,
        "timeout": 60,
    } | more
    return Job(id=id, **values)


@pytest.fixture
def store(store: Store) -> Store:
    store.beat("me")
    return store


def test_it_is_read_as_it_was_written(store: Store, open_store: OpenStore) -> None:
    store.jobs.add(a_job("one", arguments={"a": ["ü", None, "\0"]}), holder="me")

    found = open_store().jobs.one("one")

    assert found == a_job("one", arguments={"a": ["ü", None, "\0"]}, seq=found.seq)
    with pytest.raises(NotFound):
        store.jobs.one("two")


def test_it_begins_and_ends_once(store: Store, clock: HandClock) -> None:
    store.jobs.add(a_job("one"), holder="me")

    assert (store.jobs.start("one"), store.jobs.start("one")) == (True, False)
    clock.pass_(timedelta(seconds=3))
    store.jobs.finish("one", {"exit_code": 0}, None)
    store.jobs.finish("one", None, CANCELLED)

    found = store.jobs.one("one")
    assert (found.state, found.result, found.failure) == (JobState.SUCCEEDED, {"exit_code": 0}, None)
    assert (found.started_at, found.finished_at) == (NOW, NOW + timedelta(seconds=3))
    assert not store.jobs.cancel("one")


def test_the_wish_for_its_end_is_kept_for_whoever_runs_it(store: Store) -> None:
    for id in ("one", "two", "three"):
        store.jobs.add(a_job(id), holder="me")
    store.jobs.start("one")

    assert store.jobs.cancel("one")
    assert store.jobs.cancel("two")

    assert sorted(store.jobs.cancelling(["one", "three"])) == ["one"]
    assert [store.jobs.one(id).state for id in ("one", "two", "three")] == ["running", "cancelled", "queued"]
    store.jobs.finish("one", None, CANCELLED)
    assert (store.jobs.one("one").state, store.jobs.one("one").failure) == (JobState.CANCELLED, CANCELLED)


def test_without_a_sign_of_life_of_its_process_it_is_lost(store: Store, clock: HandClock) -> None:
    for id, holder in (("mine", "me"), ("theirs", "gone"), ("done", "gone")):
        store.jobs.add(a_job(id), holder=holder)
    store.jobs.finish("done", {}, None)

    assert [(one.id, one.state) for one in store.jobs.newest()] == [
        ("done", "succeeded"),
        ("theirs", "lost"),
        ("mine", "queued"),
    ]
    clock.pass_(timedelta(seconds=61))
    assert store.jobs.one("mine").state is JobState.LOST
    store.beat("me")
    assert store.jobs.one("mine").state is JobState.QUEUED
    store.release("me")
    lost = store.jobs.one("mine")
    assert (lost.state, lost.failure and lost.failure.type) == (JobState.LOST, "interrupted")


def test_they_are_listed_by_what_is_asked_for(store: Store) -> None:
    for id, project, tool in (("a", "ada/site", "noop"), ("b", "ada/shop", "noop"), ("c", "ada/site", "http")):
        store.jobs.add(a_job(id, project=project, tool=tool), holder="me")

    def listed(**wanted: Any) -> str:
        return "".join(one.id for one in store.jobs.newest(**wanted))

    assert (listed(), listed(limit=2), listed(before=store.jobs.one("c").seq)) == ("cba", "cb", "ba")
    assert (listed(project="ada/site"), listed(tool="noop"), listed(project="ada/site", tool="http")) == (
        "ca",
        "ba",
        "c",
    )
    assert (listed(projects={"ada/shop"}), listed(projects=set())) == ("b", "")


def test_old_ones_make_room(store: Store, clock: HandClock) -> None:
    store.jobs.add(a_job("old"), holder="me")
    clock.pass_(timedelta(days=31))
    store.jobs.add(a_job("new", created_at=clock.now()), holder="me")

    assert store.prune(Retention(timedelta(days=30))) == 1
    assert [one.id for one in store.jobs.newest()] == ["new"]


def trail(store: Store, **wanted: Any) -> list[tuple[str, str, dict[str, object]]]:
    """What happened, by whom, and what is said about it."""
    lines = store.records.events(**wanted)
    return [(line.event.kind, line.event.by, dict(line.event.facts)) for line in lines]


def test_each_step_is_a_line_of_the_audit_trail(store: Store) -> None:
    store.jobs.add(a_job("one"), holder="me", why="a look")
    store.jobs.start("one")
    store.jobs.cancel("one", by="bob", why="too slow")
    store.jobs.finish("one", None, CANCELLED)
    store.jobs.finish("one", {}, None)  # a second word about it is none
    store.jobs.add(a_job("two", project="ada/shop"), holder="me")
    store.jobs.cancel("two", by="bob")

    noop: dict[str, object] = {"tool": "noop"}
    assert trail(store, job="one") == [
        ("job_requested", "ada", {**noop, "why": "a look"}),
        ("job_running", "", noop),
        ("job_cancel_requested", "bob", {**noop, "why": "too slow"}),
        ("job_cancelled", "", {**noop, "error": "cancelled"}),
    ]
    assert [kind for kind, _, _ in trail(store, project="ada/shop")] == [
        "job_requested",
        "job_cancel_requested",
        "job_cancelled",
    ]
    assert trail(store, projects={"ada/site"}) == trail(store, job="one")
    (line, *_) = store.records.events(job="two")
    assert (line.project, line.event.plan, line.event.job, line.version) == ("ada/shop", "", "two", 0)


def test_those_without_their_process_are_given_up_once(store: Store, clock: HandClock) -> None:
    for id in ("waiting", "running"):
        store.jobs.add(a_job(id), holder="me")
    store.jobs.start("running")
    assert store.jobs.give_up() == 0

    clock.pass_(timedelta(seconds=61))
    assert (store.jobs.give_up(), store.jobs.give_up()) == (2, 0)
    assert [kind for kind, _, _ in trail(store, kind="job_lost")] == ["job_lost", "job_lost"]

    store.beat("me")  # it was only slow: what ran has ended in some way, what waited does not begin any more
    store.jobs.finish("running", {}, None)
    assert not store.jobs.start("waiting")
    assert [store.jobs.one(id).state for id in ("running", "waiting")] == [JobState.SUCCEEDED, JobState.LOST]


def test_the_audit_trail_outlives_them_and_follows_their_project(store: Store, clock: HandClock) -> None:
    store.jobs.add(a_job("one"), holder="me")
    clock.pass_(timedelta(days=31))
    store.prune(Retention(timedelta(days=30)))
    with store.open_work() as work:
        work.projects.add("ada/site")
        work.projects.see("ada/site", name="ada/home", paused_for="")

    assert [kind for kind, _, _ in trail(store, project="ada/home")] == ["job_requested"]
    assert [(one.project, one.plan, one.job) for one in store.records.changes(0)] == [("ada/home", "", "one")]
