"""Projects are their repositories, whatever these are called: by number, and by name only as long as no number is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.store import Store
from services.domain.absence import Absence
from services.domain.plan import Plan
from tests.plans import NOW, diamond
from tests.store.conftest import put, read

OLD, NEW = "acme/site", "acme/web"


def plan_in(project: str, id: str = "plan") -> Plan:
    return replace(diamond(), id=id, project=project)


def seen(store: Store, id: str, name: str, repository: int | None, paused_for: str = "") -> bool:
    with store.open_work() as work:
        return work.projects.see(id, name=name, paused_for=paused_for, repository=repository)


def projects(store: Store) -> dict[str, int]:
    """Each with the number of its plans."""
    return {one.id: one.plans for one in store.records.projects()}


@pytest.fixture
def site(store: Store) -> Store:
    """Served, and known by its number, 1."""
    put(store, plan_in(OLD))
    assert seen(store, OLD, OLD, 1)
    return store


def test_what_is_seen_again_is_no_news(site: Store) -> None:
    assert not seen(site, OLD, OLD, 1)
    assert not seen(site, OLD, OLD, None), "a look that did not show the number forgets none"
    assert site.lookups.known_as(1, "other/name") == [(OLD, 1)]


def test_under_another_name_it_keeps_its_number_and_its_plans(site: Store) -> None:
    seen(site, OLD, NEW, 1)

    assert read(site).project == NEW
    assert site.lookups.known_as(1, OLD) == [(NEW, 1)]
    assert projects(site) == {NEW: 1}


def test_whoever_takes_the_old_name_is_another_project(site: Store) -> None:
    seen(site, OLD, NEW, 1)
    put(site, plan_in(OLD, "other"))
    seen(site, OLD, OLD, 7)

    assert (read(site).project, read(site, "other").project) == (NEW, OLD)
    assert sorted(site.lookups.known_as(7, NEW)) == [(OLD, 7), (NEW, 1)]


def test_one_whose_name_was_taken_and_that_is_nowhere_is_set_aside_until_it_is_found(site: Store) -> None:
    seen(site, OLD, f"{OLD}@1", 1, Absence.GONE)
    put(site, plan_in(OLD, "other"))

    assert read(site).project == "acme/site@1"
    assert site.lookups.paused_projects() == {"acme/site@1": "gone"}

    seen(site, f"{OLD}@1", NEW, 1)
    assert projects(site) == {OLD: 1, NEW: 1}
    assert site.lookups.paused_projects() == {}


def test_two_that_have_changed_names_do_not_become_one(site: Store) -> None:
    put(site, plan_in(NEW, "other"))
    seen(site, NEW, NEW, 2)

    seen(site, OLD, NEW, 1)
    assert (read(site).project, read(site, "other").project) == (NEW, f"{NEW}@2")
    seen(site, f"{NEW}@2", OLD, 2)

    assert (read(site).project, read(site, "other").project) == (NEW, OLD)
    assert sorted(site.lookups.known_as(1, OLD)) == [(OLD, 2), (NEW, 1)]


def test_two_names_of_one_repository_become_one_project(site: Store) -> None:
    put(site, replace(plan_in(NEW, "other"), created_at=NOW + timedelta(1)))

    seen(site, NEW, NEW, 1)

    assert projects(site) == {NEW: 2}
    assert site.lookups.known_as(1, OLD) == [(NEW, 1)]


def test_one_that_nobody_serves_is_none(store: Store) -> None:
    assert not seen(store, OLD, NEW, 1)
    assert projects(store) == {}
