"""Runs of workflows as the core sees them: what GitHub says of one, and what that means for its attempt. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.domain.attempts import Attempt, AttemptState, Hold, Outcome
from services.domain.failure import Failure
from services.domain.messages import (
    AttemptDispatched,
    AttemptFinished,
    AttemptHeld,
    AttemptRenewed,
    AttemptStarted,
    Report,
)

QUEUED_TOO_LONG = timedelta(minutes=10)
"""After that, people are told that no runner takes it, unless the operator has set another time."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CORRELATION = re.compile(r"(?<![\w-])([A-Za-z0-9_]{1,50})-(\d{1,10})(?![\w-])")


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of a run, as GitHub has it. `title` is its `run-name`; `sha` the commit it was started on."""

    id: int
    attempt: int
    status: str
    conclusion: str | None
    url: str
    title: str
    sha: str = ""

    @property
    def ref(self) -> str:
        """What the attempt is called that it carries out. A re-run is another one."""
        return f"{self.id}/{self.attempt}"

    @property
    def is_over(self) -> bool:
        return self.status == "completed"


@dataclass(frozen=True, slots=True)
class Check:
    """A check run, or a commit status, of a commit."""

    name: str
    status: str
    conclusion: str | None
    url: str = ""

    def is_of(self, run: str) -> bool:
        """It is a job of the run with this id, or something that the run has said of the commit."""
        return re.search(rf"/actions/runs/{re.escape(run)}(?!\d)", self.url) is not None


@dataclass(frozen=True, slots=True)
class Carried:
    """The attempt that a run carries out, and where it belongs."""

    project: str
    plan: str
    phase: str
    attempt: Attempt

    @property
    def run_id(self) -> str:
        return self.attempt.ref.partition("/")[0]


def correlation_id(plan: str, fence: int) -> str:
    """Unique for an attempt, and harmless wherever a workflow puts it. Raises ValueError for ids that are not ours."""
    found = f"{plan}-{fence}"
    if not _IDENTIFIER.fullmatch(found):
        raise ValueError(f"{found} cannot be given to a workflow")
    return found


def correlated(title: str) -> tuple[str, int] | None:
    """Plan and fence of the attempt that a run's title names, if it names one."""
    found = _CORRELATION.search(title)
    return (found[1], int(found[2])) if found else None


# ---------------------------------------------------------------- what a run says


def news_of(run: Run, of: Carried, now: datetime, patience: timedelta = QUEUED_TOO_LONG) -> list[Report]:
    """What the run means for its attempt, as far as that is not known yet. `patience` is how long it may be queued."""
    return [*_named(run, of), *_stood(run, of, now, patience)]


def _named(run: Run, of: Carried) -> Iterator[Report]:
    if of.attempt.ref != run.ref:
        yield dispatched(of, run.ref, run.url)


def _stood(run: Run, of: Carried, now: datetime, patience: timedelta) -> Iterator[Report]:
    attempt = of.attempt
    if run.is_over:
        outcome, failure = outcome_of_run(run, now)
        yield AttemptFinished.of(of.plan, of.phase, attempt.fence, outcome, failure)
        return
    yield renewal(of, now)
    if run.status == "in_progress" and attempt.state is not AttemptState.RUNNING:
        yield started(of)
    hold = _hold(run, of, now, patience)
    if hold is not None and hold is not attempt.held:
        yield held(of, hold)


def _hold(run: Run, of: Carried, now: datetime, patience: timedelta) -> Hold | None:
    """Queued for long, and waiting for an approval of an environment, are told apart."""
    if run.status == "waiting":
        return Hold.APPROVAL
    waits_long = run.status != "in_progress" and now - of.attempt.claimed_at >= patience
    return Hold.QUEUE if waits_long else None


def dispatched(of: Carried, ref: str, url: str = "") -> AttemptDispatched:
    cause = _cause(of, f"dispatched/{ref}")
    return AttemptDispatched(plan=of.plan, phase=of.phase, fence=of.attempt.fence, cause=cause, ref=ref, url=url)


def started(of: Carried) -> AttemptStarted:
    return AttemptStarted(plan=of.plan, phase=of.phase, fence=of.attempt.fence, cause=_cause(of, "started"))


def held(of: Carried, hold: Hold) -> AttemptHeld:
    return AttemptHeld(
        plan=of.plan, phase=of.phase, fence=of.attempt.fence, cause=_cause(of, f"held/{hold}"), hold=hold
    )


def renewal(of: Carried, now: datetime) -> AttemptRenewed:
    """It is still at work."""
    cause = _cause(of, f"renewed/{now.isoformat()}")
    return AttemptRenewed(plan=of.plan, phase=of.phase, fence=of.attempt.fence, cause=cause)


def _cause(of: Carried, what: str) -> str:
    return f"{of.plan}/{of.phase}/{of.attempt.fence}/{what}"


def outcome_of_run(run: Run, now: datetime) -> tuple[Outcome, Failure | None]:
    """https://docs.github.com/en/rest/actions/workflow-runs: nothing passes but what says so."""
    if run.conclusion in ("success", "neutral"):
        return Outcome.PASSED, None
    outcome, type, words, retryable = _ENDS.get(run.conclusion or "", _UNKNOWN)
    details = {"url": run.url, "conclusion": run.conclusion or ""}
    return outcome, Failure(
        type, f"The run {words}.", tool="actions", retryable=retryable, timestamp=now.isoformat(), details=details
    )


_ENDS: dict[str, tuple[Outcome, str, str, bool]] = {
    "failure": (Outcome.BROKE, "run_failed", "failed", True),
    "cancelled": (Outcome.CANCELLED, "run_cancelled", "was cancelled", False),
    "timed_out": (Outcome.TIMED_OUT, "timed_out", "took longer than it may", True),
    "startup_failure": (Outcome.BROKE, "workflow_invalid", "could not be started: its workflow is not valid", False),
    "action_required": (Outcome.BROKE, "action_required", "was not approved", False),
    "skipped": (Outcome.BROKE, "run_skipped", "skipped all of its jobs, so nothing was done", False),
    "stale": (Outcome.LOST, "run_stale", "was given up by GitHub", True),
}
_UNKNOWN = (Outcome.BROKE, "run_failed", "ended in a way that is not known", False)

# ---------------------------------------------------------------- what the checks of a commit say


def aggregated(checks: Collection[Check], now: datetime) -> tuple[Outcome, Failure | None] | None:
    """One verdict out of all checks of a commit; None while there is none, or while one of them still runs."""
    if not checks or any(one.status != "completed" for one in checks):
        return None
    bad = sorted((one for one in checks if one.conclusion not in _FINE), key=lambda one: one.name)
    if not bad:
        return (Outcome.PASSED, None) if any(one.conclusion == "success" for one in checks) else None
    names = ", ".join(one.name for one in bad)
    details = {"url": next((one.url for one in bad if one.url), ""), "checks": [one.name for one in bad]}
    return Outcome.BROKE, Failure(
        "checks_failed", f"Not passed: {names}.", tool="ci", timestamp=now.isoformat(), details=details
    )


_FINE = frozenset({"success", "neutral", "skipped"})


def others(checks: Sequence[Check], run: str) -> list[Check]:
    """Those that are no jobs of this run: work is not the judge of itself."""
    return [one for one in checks if not run or not one.is_of(run)]
