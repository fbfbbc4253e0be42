"""A phasebot that is killed while it amends a plan, and started again, ends with the same issues as one that never was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.recovery.child import Place
from tests.recovery.killing import Tracker, Undisturbed, a_tracker, run_child, undisturbed_at

STRIDE = 3
"""Every third boundary, so that the moment before a commit or a write and the moment after one take turns."""

OLD = """# Move the shop

## Phase 1: Schema

- [ ] Write `schema.sql`

## Phase 2: API

By hand. Serve the goods.

## Phase 3: Pages

By hand. Show the goods.

**Depends on**: Phase 1

## Phase 4: Release

By hand. Tell everybody.
"""
NEW = """# Move the shop to town

## Phase 1: Tables

- [ ] Write `schema.sql`
- [ ] Fill it

## Phase 2: Pages

By hand. Show the goods.

**Depends on**: Phase 1

## Phase 3: Search

By hand. Find the goods.

## Phase 4: API

By hand. Serve the goods, twice.
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tracker and a database, in which the old document is a plan under way."""
    folder = tmp_path_factory.mktemp("published")
    with a_tracker(folder / "hub.db") as tracker:
        assert run_child(tracker.place(folder / "home", OLD)) == 0
    return folder


@contextmanager
def copied(published: Path, folder: Path) -> Iterator[tuple[Tracker, Place]]:
    shutil.copytree(published, folder)
    with a_tracker(folder / "hub.db") as tracker:
        yield tracker, tracker.place(folder / "home", NEW)


@pytest.fixture(scope="module")
def undisturbed(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    with copied(published, tmp_path_factory.mktemp("undisturbed") / "copy") as (tracker, place):
        return undisturbed_at(tracker, place)


def test_an_undisturbed_run_amends_the_whole_plan(undisturbed: Undisturbed) -> None:
    parent, schema, api, pages, release, search = undisturbed.picture

    assert parent["title"] == "[Multi-Phase] Move the shop to town"
    assert parent["sub_issues"] == [2, 4, 5, 6, 3]
    assert (schema["title"], schema["state"]) == ("Phase 1: Tables", ("closed", "completed"))
    assert (release["state"], len(release["comments"])) == (("closed", "not_planned"), 1)
    assert (pages["title"], pages["labels"]) == ("Phase 2: Pages", ["multi-phase-child", "phase-2"])
    assert (search["title"], search["blocked_by"]) == ("Phase 3: Search", [4])
    assert (api["title"], api["state"], api["blocked_by"]) == ("Phase 4: API", ("open", None), [6])
    assert "Serve the goods, twice." in api["body"]
    assert undisturbed.boundaries > 20


def test_killed_while_amending_and_started_again_it_ends_the_same(
    undisturbed: Undisturbed, published: Path, tmp_path: Path
) -> None:
    killed = 0
    places = range(0, undisturbed.boundaries, STRIDE)
    for boundary in places:
        with copied(published, tmp_path / f"at-{boundary}") as (tracker, place):
            killed += run_child(place, boundary) is None
            assert run_child(place) == 0, f"killed at boundary {boundary}: the second run failed"
            assert tracker.picture(place) == undisturbed.picture, f"killed at boundary {boundary}: other issues"
    assert killed > len(places) * 0.8  # how many commits there are depends on what happens to come together
