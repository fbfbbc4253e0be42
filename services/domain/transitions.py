"""The transition table: the only place that says how a phase's state changes.

The policy (retries left, QA wanted) picks the trigger before the table is asked, so every (state, trigger) has one result.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import product

from services.domain.errors import UserError


class PhaseState(StrEnum):
    """What is stored of a phase. Readiness is computed from it, never stored as truth (see `status`)."""

    WAITING = "waiting"
    RUNNING = "running"
    NEEDS_QA = "needs_qa"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Trigger(StrEnum):
    """What can happen to a phase."""

    START = "start"
    GATE_REJECTED = "gate_rejected"
    PASSED = "passed"
    PASSED_TO_QA = "passed_to_qa"
    BROKE = "broke"
    BROKE_RETRYABLE = "broke_retryable"
    APPROVED = "approved"
    REJECTED = "rejected"
    REJECTED_RETRYABLE = "rejected_retryable"
    RETRY = "retry"
    COMPLETE = "complete"
    SKIP = "skip"
    CANCEL = "cancel"
    REOPEN = "reopen"


_S, _T = PhaseState, Trigger
_UNDECIDED = (_S.WAITING, _S.RUNNING, _S.NEEDS_QA, _S.FAILED)

# (from states, trigger, to state): the rows of the table, as the documentation prints them
RULES: tuple[tuple[tuple[PhaseState, ...], Trigger, PhaseState], ...] = (
    ((_S.WAITING,), _T.START, _S.RUNNING),
    ((_S.WAITING,), _T.GATE_REJECTED, _S.FAILED),
    ((_S.RUNNING,), _T.PASSED, _S.COMPLETED),
    ((_S.RUNNING,), _T.PASSED_TO_QA, _S.NEEDS_QA),
    ((_S.RUNNING,), _T.BROKE, _S.FAILED),
    ((_S.RUNNING,), _T.BROKE_RETRYABLE, _S.WAITING),
    ((_S.NEEDS_QA,), _T.APPROVED, _S.COMPLETED),
    ((_S.NEEDS_QA,), _T.REJECTED, _S.FAILED),
    ((_S.NEEDS_QA,), _T.REJECTED_RETRYABLE, _S.WAITING),
    ((_S.WAITING, _S.FAILED), _T.PASSED, _S.COMPLETED),  # a late success of the last, lost attempt
    ((_S.FAILED, _S.CANCELLED, _S.SKIPPED), _T.RETRY, _S.WAITING),
    ((*_UNDECIDED, _S.CANCELLED), _T.COMPLETE, _S.COMPLETED),
    ((*_UNDECIDED, _S.CANCELLED), _T.SKIP, _S.SKIPPED),
    (_UNDECIDED, _T.CANCEL, _S.CANCELLED),
    ((_S.COMPLETED, _S.SKIPPED, _S.CANCELLED), _T.REOPEN, _S.WAITING),
)

_IN_WORDS: Mapping[Trigger, str] = {
    _T.START: "started",
    _T.GATE_REJECTED: "rejected",
    _T.PASSED: "passed",
    _T.PASSED_TO_QA: "passed on for a verdict",
    _T.BROKE: "broken",
    _T.BROKE_RETRYABLE: "tried again",
    _T.APPROVED: "approved",
    _T.REJECTED: "rejected",
    _T.REJECTED_RETRYABLE: "rejected",
    _T.RETRY: "run again",
    _T.COMPLETE: "completed",
    _T.SKIP: "skipped",
    _T.CANCEL: "cancelled",
    _T.REOPEN: "reopened",
}
"""What cannot be done to a phase, to end "cannot be …"."""

TRANSITIONS: Mapping[tuple[PhaseState, Trigger], PhaseState] = {
    (state, trigger): to for states, trigger, to in RULES for state, trigger in product(states, [trigger])
}


class NoTransition(UserError):
    """The phase is in a state in which this cannot happen."""

    code = "no_transition"


def allows(state: PhaseState, trigger: Trigger) -> bool:
    return (state, trigger) in TRANSITIONS


def next_state(state: PhaseState, trigger: Trigger) -> PhaseState:
    """The state after `trigger`. Raises NoTransition where the table has no row."""
    try:
        return TRANSITIONS[state, trigger]
    except KeyError:
        raise NoTransition(f"a phase that is {state} cannot be {_IN_WORDS[trigger]}") from None
