"""A phasebot that is killed at every boundary, and started again, ends with the same issues as one that never was."""

from __future__ import annotations

import multiprocessing
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.localhub import Fault, Hub, HubServer
from tests.recovery.child import PATIENCE, Place, carry_out

BOT = "phasebot[bot]"
MARKER = re.compile(r"<!-- phasebot:.*?-->")

# Children are forked from a process that has everything imported and no threads.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.recovery.child", "bot.remote", "bot.workers.clockwork"])


@dataclass
class Tracker:
    """A tracker, with a repository for every place, and what its issues look like."""

    hub: Hub
    server: HubServer
    token: str

    def place(self, folder: Path) -> Place:
        folder.mkdir()
        repo = f"ada/{folder.name}"
        self.hub.create_repository(repo)
        self.hub.add_collaborator(repo, BOT, "write")
        return Place(str(folder), self.server.url, self.token, repo)

    def picture(self, place: Place) -> list[dict[str, Any]]:
        """Everything about the issues that people see, apart from when it happened."""
        reading = self.hub.repository(place.repo)
        return [
            {
                "number": issue.number,
                "title": issue.title,
                "state": (issue.state, issue.state_reason),
                "labels": sorted(label.name for label in issue.labels),
                "body": MARKER.sub("", issue.body or ""),
                "comments": [MARKER.sub("", comment.body) for comment in reading.comments(issue.number)],
                "sub_issues": [child.number for child in reading.sub_issues(issue.number)],
                "blocked_by": sorted(blocker.number for blocker in reading.blocked_by(issue.number)),
            }
            for issue in sorted(reading.issues, key=lambda one: one.number)
        ]


@contextmanager
def a_tracker() -> Iterator[Tracker]:
    hub = Hub(None)
    hub.create_user(BOT, kind="Bot")
    with HubServer(hub) as server:
        yield Tracker(hub, server, hub.create_token(BOT))
    hub.close()


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """How a run that nothing disturbs ends, and how many boundaries it passes."""

    picture: list[dict[str, Any]]
    boundaries: int


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    with a_tracker() as tracker:
        place = tracker.place(tmp_path_factory.mktemp("undisturbed") / "home")
        assert _run(place, None) == 0
        passed = int((Path(place.folder) / "boundaries").read_text())
        return Undisturbed(tracker.picture(place), passed)


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
            killed += _run(place, boundary) is None
            assert _run(place, None) == 0, f"killed at boundary {boundary}: the second run failed"
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
        assert _run(place, None) == 0
        assert tracker.picture(place) == undisturbed.picture


def _run(place: Place, die_at: int | None) -> int | None:
    """The exit code of a child; None where it was killed."""
    child = _forks.Process(target=carry_out, args=(place, die_at))
    child.start()
    child.join(PATIENCE + 10)
    assert child.exitcode is not None, "the child neither ended nor was killed"
    return None if child.exitcode == -signal.SIGKILL else child.exitcode
