"""Runs of workflows as frozen values: the run, its jobs, their steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.localhub.values import User

UNFINISHED = frozenset({"requested", "queued", "pending", "waiting", "in_progress"})


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow file that was understood. `title` is its `run-name`, with its expressions; `inputs` those it declares."""

    id: int
    path: str
    name: str
    title: str
    jobs: tuple[str, ...]
    is_dispatchable: bool
    inputs: Mapping[str, Mapping[str, object]]
    since: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as its newest attempt stands. `sha` and `branch` are those it was started on."""

    id: int
    repository_id: int
    repository: str
    path: str
    name: str
    title: str
    event: str
    number: int
    attempt: int
    status: str
    conclusion: str | None
    inputs: Mapping[str, str]
    actor: User
    sha: str
    branch: str
    created_at: datetime
    started_at: datetime
    updated_at: datetime

    @property
    def is_over(self) -> bool:
        return self.status == "completed"

    @property
    def workflow_id(self) -> int:
        return workflow_id(self.path)

    @property
    def suite_id(self) -> int:
        """Every run has a check suite of its own."""
        return self.id + 30_000_000_000


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    number: int
    status: str = "queued"
    conclusion: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job of one attempt of a run; the check run of the same id is its face on the commit."""

    id: int
    of_run: Run
    attempt: int
    name: str
    status: str
    conclusion: str | None
    steps: tuple[Step, ...]
    created_at: datetime
    started_at: datetime
    completed_at: datetime | None


def workflow_id(path: str) -> int:
    """Stable for a path, as GitHub's are for a file."""
    return 100_000_000 + sum(place * ord(letter) for place, letter in enumerate(path, 1))
