"""Reasons in words: why a phase is not running, as one sentence part for API, CLI, console and comments alike.

Plain text; whoever puts it into Markdown makes the titles in it safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from services.coordinator.notices import spoken
from services.domain.plan import Plan
from services.domain.reasons import Reason, ReasonCode


def in_words(plan: Plan, reason: Reason, now: datetime) -> str:
    """To follow a phase's name: "waits for 2: Models". No full stop."""
    return _WORDS[reason.code](plan, reason, now)


def names(plan: Plan, keys: Iterable[str]) -> str:
    """Phases as a list for people: "1: Setup, 2: Models and 4: API"."""
    found = [plan.phases[key].name for key in keys if key in plan.phases]
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found)


def _because_of(plan: Plan, reason: Reason, _: datetime) -> str:
    verb = "has" if len(reason.phases) == 1 else "have"
    return f"the plan has stopped, because {names(plan, reason.phases)} {verb} failed"


def _dependency_failed(plan: Plan, reason: Reason, _: datetime) -> str:
    return f"needs {names(plan, reason.phases)}, which did not finish"


def _waiting(plan: Plan, reason: Reason, _: datetime) -> str:
    return f"waits for {names(plan, reason.phases)}"


def _back_off(_: Plan, reason: Reason, now: datetime) -> str:
    if reason.until is None or reason.until <= now:
        return "is tried again now"
    return f"is tried again in {spoken(reason.until - now)}"


def _stopping(plan: Plan, reason: Reason, _: datetime) -> str:
    return f"waits until the earlier attempt of {names(plan, reason.phases)} has ended"


def _executor(_: Plan, reason: Reason, __: datetime) -> str:
    return f"the executor {reason.what} takes no work now"


def _slots(_: Plan, reason: Reason, __: datetime) -> str:
    limit = reason.facts.get("limit", 0)
    where = _PLACES.get(reason.what, f"the executor {reason.what}")
    return f"waits for a free slot: {where} runs {reason.facts.get('taken', limit)} of at most {limit}"


def _always(words: str) -> Callable[[Plan, Reason, datetime], str]:
    return lambda plan, reason, now: words


_PLACES = {"running": "phasebot", "project": "the project", "plan": "the plan"}

_WORDS: dict[ReasonCode, Callable[[Plan, Reason, datetime], str]] = {
    ReasonCode.NOT_STARTED: _always("the plan has not been started"),
    ReasonCode.PUBLISHING: _always("waits until all issues are there"),
    ReasonCode.PLAN_CANCELLED: _always("the plan is cancelled"),
    ReasonCode.PLAN_STOPPED: _because_of,
    ReasonCode.PLAN_PAUSED: _always("the plan is paused"),
    ReasonCode.PROJECT_PAUSED: lambda plan, reason, now: f"the project {reason.what} is paused",
    ReasonCode.NOT_SELECTED: _always("is not among the selected phases"),
    ReasonCode.DEPENDENCY_FAILED: _dependency_failed,
    ReasonCode.WAITING_FOR_DEPENDENCY: _waiting,
    ReasonCode.APPROVAL_REQUIRED: _always("waits for approval"),
    ReasonCode.RETRY_BACKOFF: _back_off,
    ReasonCode.ATTEMPT_STOPPING: _stopping,
    ReasonCode.EXECUTOR_UNAVAILABLE: _executor,
    ReasonCode.SLOT_LIMIT: _slots,
}
