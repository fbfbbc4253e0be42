"""A phasebot that is killed while it takes a plan back, and started again, leaves what one leaves that never was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.recovery.child import Place
from tests.recovery.killing import Tracker, a_tracker, run_child, undisturbed_at

STRIDE = 2
OLD = (
    "# Move the shop\n\n## Phase 1: Schema\n\nDo it.\n\n## Phase 2: API\n\nBy hand.\n\n## Phase 3: Pages\n\nBy hand.\n"
)


@contextmanager
def copied(published: Path, folder: Path) -> Iterator[tuple[Tracker, Place]]:
    shutil.copytree(published, folder)
    with a_tracker(folder / "hub.db") as tracker:
        yield tracker, replace(tracker.place(folder / "home", OLD), retracts=True)


def test_killed_while_retracting_and_started_again_it_ends_the_same(tmp_path: Path) -> None:
    published = tmp_path / "published"
    published.mkdir()
    with a_tracker(published / "hub.db") as tracker:
        assert run_child(tracker.place(published / "home", OLD)) == 0
    with copied(published, tmp_path / "undisturbed") as (tracker, place):
        undisturbed = undisturbed_at(tracker, place)
    states = [issue["state"] for issue in undisturbed.picture]
    assert states == [("closed", "not_planned"), ("closed", "completed"), *[("closed", "not_planned")] * 2]

    places = range(0, undisturbed.boundaries, STRIDE)
    killed = 0
    for boundary in places:
        with copied(published, tmp_path / f"at-{boundary}") as (tracker, place):
            killed += run_child(place, boundary) is None
            assert run_child(place) == 0, f"killed at boundary {boundary}: the second run failed"
            assert tracker.picture(place) == undisturbed.picture, f"killed at boundary {boundary}: other issues"
    assert killed > len(places) * 0.7  # how many commits there are depends on what happens to come together
