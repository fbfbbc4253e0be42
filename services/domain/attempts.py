"""Attempts: single executions of a phase, numbered, leased and fenced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from services.domain.failure import Failure


class AttemptState(StrEnum):
    """Where an attempt stands. `stopping`: superseded, its end not yet confirmed."""

    CLAIMED = "claimed"
    DISPATCHED = "dispatched"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def is_live(self) -> bool:
        """An execution may still be going on somewhere."""
        return self in _LIVE

    @property
    def is_in_flight(self) -> bool:
        """Live, and its result is still wanted."""
        return self in _LIVE and self is not AttemptState.STOPPING


_LIVE = frozenset({AttemptState.CLAIMED, AttemptState.DISPATCHED, AttemptState.RUNNING, AttemptState.STOPPING})


class AttemptKind(StrEnum):
    """What an attempt is for: the work of the phase, or the verdict on it."""

    WORK = "work"
    QA = "qa"


class Hold(StrEnum):
    """What an attempt that was handed over waits for: to be begun (a place, a person's approval there), or, once it is under
    way, its agent, who is still at work at a draft, or people, who have to merge what it has brought."""

    QUEUE = "queue"
    APPROVAL = "approval"
    DRAFT = "draft"
    MERGE = "merge"

    @property
    def is_before_start(self) -> bool:
        return self in (Hold.QUEUE, Hold.APPROVAL)


class Outcome(StrEnum):
    """How an execution ended, as its executor reports it."""

    PASSED = "passed"
    BROKE = "broke"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def state(self) -> AttemptState:
        return _ENDED_AS[self]


_ENDED_AS = {
    Outcome.PASSED: AttemptState.SUCCEEDED,
    Outcome.BROKE: AttemptState.FAILED,
    Outcome.TIMED_OUT: AttemptState.TIMED_OUT,
    Outcome.CANCELLED: AttemptState.CANCELLED,
    Outcome.LOST: AttemptState.LOST,
}


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of the files that an operation was repeated for. `stopped_early`: some were never begun."""

    done: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0
    seconds: float = 0.0
    stopped_early: bool = False

    def __add__(self, other: Batch) -> Batch:
        return Batch(
            self.done + other.done,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.cancelled + other.cancelled,
            self.seconds + other.seconds,
            self.stopped_early or other.stopped_early,
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What an attempt has changed: how many `files`, the first of them by their `names`, as which `commit`, and the path of the
    `diff` (all empty where nothing was kept; outside of git there is neither commit nor diff). `unplanned`: changed files that
    no task of the phase names. `branch` is the one that has it now, and `note` what else there is to say of that; `head` is the
    commit on the server that has it, for CI to judge, where it was pushed."""

    commit: str = ""
    files: int = 0
    diff: str = ""
    unplanned: tuple[str, ...] = ()
    branch: str = ""
    note: str = ""
    names: tuple[str, ...] = ()
    head: str = ""

    MOST_NAMED: ClassVar[int] = 50

    @property
    def is_shared(self) -> bool:
        """Its branch was pushed, or was to be: the repository has a remote."""
        return bool(self.branch and self.note)


@dataclass(frozen=True, slots=True)
class Result:
    """What an execution brought, besides its end. `modified`: whether it changed anything; None where that is not known.

    `tokens` and `cost` are what it has used; `model` the model that used them, where there is one.
    """

    modified: bool | None = None
    tokens: int = 0
    cost: float = 0.0
    model: str = ""
    batch: Batch | None = None
    changes: Changes | None = None

    @property
    def to_judge(self) -> Result:
        """What a verdict on it is about: not what it has cost."""
        return Result(modified=self.modified, changes=self.changes)

    def __add__(self, other: Result) -> Result:
        """Of two steps, one after the other."""
        known = {self.modified, other.modified}
        modified = True if True in known else None if None in known else False
        batch = self.batch + other.batch if self.batch and other.batch else self.batch or other.batch
        tokens, cost, changes = self.tokens + other.tokens, self.cost + other.cost, other.changes or self.changes
        return Result(modified, tokens, cost, other.model or self.model, batch, changes)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One execution of a phase.

    `number` counts within the phase, from 1. `fence` counts claims within the plan: a report with an older fence is stale.
    `holder` names the process that claimed it. `lease_until` is None for attempts that hold no lease (a person's work);
    otherwise the holder renews it, and past it (plus the kill grace) the attempt is lost.
    `deadline` is when the coordinator gives up on it, None for no timeout. `ref` is what its executor calls it (a run and its
    attempt, `<run>/<attempt>`), `url` where people see it; both empty until the executor has said so. `rerun_of` is the
    `ref` of the attempt before it, where only what failed of that is to be run again. `held`: what it waits for there. `result`
    of a check is also that of the work which it judges.
    """

    number: int
    fence: int
    executor: str
    state: AttemptState
    claimed_at: datetime
    holder: str = ""
    lease_until: datetime | None = None
    deadline: datetime | None = None
    finished_at: datetime | None = None
    failure: Failure | None = None
    kind: AttemptKind = AttemptKind.WORK
    ref: str = ""
    url: str = ""
    rerun_of: str = ""
    held: Hold | None = None
    result: Result | None = None

    @property
    def holds_slot(self) -> bool:
        """True while it counts against the limits. A person's work has no lease and holds no slot."""
        return self.lease_until is not None and self.state.is_live

    @property
    def changes(self) -> Changes | None:
        """What it has changed itself: a check changes nothing."""
        return self.result.changes if self.result and self.kind is AttemptKind.WORK else None

    def dispatched(self, ref: str, url: str) -> Attempt:
        """Its executor has it. One that has begun already, or is being stopped, stays as it is, with its name known."""
        named = replace(self, ref=ref, url=url or self.url)
        return replace(named, state=AttemptState.DISPATCHED) if self.state is AttemptState.CLAIMED else named

    def started(self) -> Attempt:
        return replace(self, state=AttemptState.RUNNING, held=None)

    def renewed(self, lease_until: datetime) -> Attempt:
        return replace(self, lease_until=lease_until)

    def ended(
        self, outcome: Outcome, now: datetime, failure: Failure | None = None, result: Result | None = None
    ) -> Attempt:
        return replace(self, state=outcome.state, finished_at=now, failure=failure, result=self._with(result))

    def _with(self, result: Result | None) -> Result | None:
        """What a check has used, with what the work that it judges has brought."""
        if self.result is None or result is None:
            return result or self.result
        return self.result + replace(result, modified=self.result.modified)

    def superseded(self) -> Attempt:
        """No longer wanted; whether its execution has ended is not known yet."""
        return replace(self, state=AttemptState.STOPPING)
