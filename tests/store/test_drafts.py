"""Drafts in each database: they wait for two weeks, and make room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.store import Store
from bot.store.drafts import KEPT_FOR, StoredDraft, draft_place
from bot.store.pruning import Retention
from services.domain.errors import NotFound
from tests.plans import NOW
from tests.store.conftest import HandClock, OpenStore


def a_draft(id: str, **more: Any) -> StoredDraft:
    values: dict[str, Any] = {"project": "ada/site", "name": "request", "document": "Mend it.", "created_by": "ada"}
    return StoredDraft(id=id, **{**values, "created_at": NOW, **more})


def ids(found: list[StoredDraft]) -> str:
    return "".join(one.id for one in found)


def test_it_is_read_as_it_was_written(store: Store, open_store: OpenStore) -> None:
    whole = a_draft("a", policy="version: 1\n", amends="p1", title="Ü", phases=[{"number": 1, "title": "A"}])
    store.drafts.add(whole)
    store.drafts.add(a_draft("b"))

    other = open_store().drafts
    assert (other.one("a", NOW), other.one("b", NOW)) == (whole, a_draft("b"))


def test_another_text_takes_the_place_of_all_that_was_said_of_the_old_one(store: Store) -> None:
    store.drafts.add(a_draft("a", title="T", phases=[{"number": 1, "title": "A"}]))
    store.drafts.edit("a", {"order": ["x"], "phases": {}})

    store.drafts.rewrite("a", "# Other")

    assert store.drafts.one("a", NOW) == a_draft("a", document="# Other")


def test_one_that_was_published_stays_as_it_is(store: Store) -> None:
    store.drafts.add(a_draft("a"))
    store.drafts.published("a", "p1")

    store.drafts.edit("a", {"order": ["x"]})
    store.drafts.rewrite("a", "# Other")

    assert store.drafts.one("a", NOW) == a_draft("a", plan="p1")
    assert store.drafts.open(NOW) == []


def test_they_are_listed_newest_first_page_by_page_and_by_project(store: Store) -> None:
    for minute, (id, project) in enumerate((("a", "ada/site"), ("b", "ada/shop"), ("c", "ada/site"))):
        store.drafts.add(a_draft(id, project=project, created_at=NOW + timedelta(minutes=minute)))
    now = NOW + timedelta(hours=1)

    first = store.drafts.open(now, limit=2)
    rest = store.drafts.open(now, after=draft_place(first[-1]), limit=2)

    assert (ids(first), ids(rest)) == ("cb", "a")
    assert ids(store.drafts.open(now, projects={"ada/site"})) == "ca"
    assert store.drafts.open(now, projects=set()) == []


def test_they_expire_and_make_room_whatever_else_is_kept(store: Store, clock: HandClock) -> None:
    store.drafts.add(a_draft("old"))
    clock.pass_(KEPT_FOR + timedelta(seconds=1))
    store.drafts.add(a_draft("new", created_at=clock.now()))

    with pytest.raises(NotFound):
        store.drafts.one("old", clock.now())
    assert ids(store.drafts.open(clock.now())) == "new"
    assert store.prune(Retention(None)) == 1
    assert ids(store.drafts.open(NOW)) == "new"
