"""Children that can be killed at any boundary, and a tracker on which to see what they have left behind."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.localhub import Hub, HubServer
from tests.forks import forks
from tests.recovery.child import PATIENCE, PLAN, Place, carry_out

BOT = "phasebot[bot]"
MARKER = re.compile(r"<!-- phasebot:.*?-->")


@dataclass
class Tracker:
    """A tracker, with a repository for every place, and what its issues look like."""

    hub: Hub
    server: HubServer
    token: str

    def place(self, folder: Path, document: str = PLAN) -> Place:
        folder.mkdir(exist_ok=True)
        repo = f"ada/{folder.name}"
        if not self.hub.repositories.exists(repo):
            self.hub.create_repository(repo)
            self.hub.add_collaborator(repo, BOT, "write")
        return Place(str(folder), self.server.url, self.token, repo, document)

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
def a_tracker(file: Path | None = None) -> Iterator[Tracker]:
    """Without a file it is gone at the end."""
    hub = Hub(file)
    hub.create_user(BOT, kind="Bot")
    with HubServer(hub) as server:
        yield Tracker(hub, server, hub.create_token(BOT))
    hub.close()


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """How a run that nothing disturbs ends, and how many boundaries it passes."""

    picture: list[dict[str, Any]]
    boundaries: int


def undisturbed_at(tracker: Tracker, place: Place) -> Undisturbed:
    assert run_child(place) == 0
    return Undisturbed(tracker.picture(place), int((Path(place.folder) / "boundaries").read_text()))


def run_child(place: Place, die_at: int | None = None) -> int | None:
    """The exit code of a child; None where it was killed."""
    child = forks.Process(target=carry_out, args=(place, die_at))
    child.start()
    child.join(PATIENCE + 10)
    assert child.exitcode is not None, "the child neither ended nor was killed"
    return None if child.exitcode == -signal.SIGKILL else child.exitcode
