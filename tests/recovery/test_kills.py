"""A phasebot that is killed at every boundary, and started again, ends with the same issues as one that never was."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.localhub import Fault
from tests.recovery.killing import Undisturbed, a_tracker, run_child, undisturbed_at


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    with a_tracker() as tracker:
        return undisturbed_at(tracker, tracker.place(tmp_path_factory.mktemp("undisturbed") / "home"))


def test_an_undisturbed_run_publishes_and_carries_out_the_whole_plan(undisturbed: Undisturbed) -> None:
    parent, *children = undisturbed.picture

    assert parent["title"] == "[Multi-Phase] Move the shop"
    assert [child["title"] for child in children] == [
        "Phase 1: Schema",
        "Phase 2: API",
        "Phase 3: Pages",
        "Phase 4: Release",
    ]
    assert parent["sub_issues"] == [2, 3, 4, 5]
    assert [child["blocked_by"] for child in children] == [[], [2], [2], [3, 4]]
    assert all(issue["state"] == ("closed", "completed") for issue in undisturbed.picture)
    assert len(parent["comments"]) == 1
    assert undisturbed.boundaries > 30


def test_killed_at_any_boundary_and_started_again_it_ends_the_same(undisturbed: Undisturbed, tmp_path: Path) -> None:
    killed = 0
    with a_tracker() as tracker:
        for boundary in range(undisturbed.boundaries):
            place = tracker.place(tmp_path / f"at-{boundary}")
            killed += run_child(place, boundary) is None
            assert run_child(place) == 0, f"killed at boundary {boundary}: the second run failed"
            assert tracker.picture(place) == undisturbed.picture, f"killed at boundary {boundary}: other issues"
    assert killed > undisturbed.boundaries * 0.8  # how many commits there are depends on what happens to come together


WRITES = {
    "an issue": ("POST", r"/issues$"),
    "a dependency": ("POST", r"/dependencies/blocked_by$"),
    "the status comment": ("POST", r"/comments$"),
    "an edit": ("PATCH", r"/issues/\d+$"),
}


@pytest.mark.parametrize("fault", [Fault.LOST_REPLY, Fault.ERROR_502_AFTER, Fault.CLOSED, Fault.ERROR_500])
def test_lost_replies_and_errors_leave_nothing_twice_and_nothing_out(
    undisturbed: Undisturbed, tmp_path: Path, fault: Fault
) -> None:
    with a_tracker() as tracker:
        for method, path in WRITES.values():
            tracker.hub.faults.add(method, path, fault)
        place = tracker.place(tmp_path / "home")
        assert run_child(place) == 0
        assert tracker.picture(place) == undisturbed.picture
