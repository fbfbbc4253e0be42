"""Verdicts of machines: what the end of an attempt of kind `qa` means for the phase.

A verdict is explicit: the check passed, or it looked at the work and broke. Anything else says nothing about the work, so only
the check is done again, out of the same retries; when those are spent there is no verdict, and that is a failure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.coordinator.retries import back_off, retries_left
from services.domain.attempts import Attempt, AttemptState
from services.domain.failure import Failure
from services.domain.phase import Phase
from services.domain.transitions import Trigger
from services.domain.world import World

NO_VERDICT = "no_verdict"


def judged(phase: Phase, attempt: Attempt, world: World, now: datetime) -> Phase:
    """The phase after its check has ended, or was given up."""
    match attempt.state:
        case AttemptState.SUCCEEDED:
            return phase.on(Trigger.APPROVED, attempt=attempt, failure=None, not_before=None, finished_at=now)
        case AttemptState.FAILED if _is_verdict(attempt.failure):
            return _rejected(phase, attempt, world, now)
        case AttemptState.LOST if phase.losses < world.lost_retries:
            return replace(phase, attempt=attempt, losses=phase.losses + 1)
        case _ if _is_retryable(attempt) and retries_left(phase):
            return replace(_spent(phase, world, now), attempt=attempt)
    return phase.on(Trigger.REJECTED, attempt=attempt, failure=_no_verdict(attempt, now), finished_at=now)


def _is_verdict(failure: Failure | None) -> bool:
    """The check has looked at the work. Otherwise it could not, or was killed while it did."""
    if failure is None:
        return True
    exit_code = failure.details.get("exit_code")
    return failure.type not in _SAYS_NOTHING and not (isinstance(exit_code, int) and exit_code < 0)


_SAYS_NOTHING = frozenset(
    {
        *(
            "transient",
            "os_error",
            "tool_crashed",
            "invalid_input",
            "invalid_output",
            "unknown_tool",
            "tool_unavailable",
        ),
        *("not_startable", "no_verdict", "run_cancelled", "run_stale", "workflow_invalid"),
    }
)
"""Failures of whatever was to give the verdict, not of the work."""


def _is_retryable(attempt: Attempt) -> bool:
    return attempt.failure is not None and attempt.failure.retryable


def _rejected(phase: Phase, attempt: Attempt, world: World, now: datetime) -> Phase:
    """The work is not good enough: it is done again, while there are retries."""
    if not retries_left(phase):
        return phase.on(Trigger.REJECTED, attempt=attempt, failure=attempt.failure, finished_at=now)
    return _spent(phase, world, now).on(Trigger.REJECTED_RETRYABLE, attempt=attempt, failure=attempt.failure)


def _spent(phase: Phase, world: World, now: datetime) -> Phase:
    return replace(phase, failures=phase.failures + 1, not_before=now + back_off(phase, world.retry_delay_cap))


def _no_verdict(attempt: Attempt, now: datetime) -> Failure:
    cause = attempt.failure
    why = f": {cause.message}" if cause and cause.message else "."
    details = {"cause": cause.type, **cause.details} if cause else {}
    return Failure(NO_VERDICT, f"The check ended without a verdict{why}", timestamp=now.isoformat(), details=details)
