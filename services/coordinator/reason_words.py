"""Reasons in words: why a phase is not running, as one sentence part for API, CLI, console and comments alike.

Plain text; whoever puts it into Markdown makes the titles in it safe.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from services.coordinator.notices import spoken
from services.domain.absence import Absence
from services.domain.budgets import in_figures
from services.domain.plan import Plan
from services.domain.pull import Pull, PullState
from services.domain.reasons import Reason, ReasonCode

_CODE = ReasonCode


def in_words(plan: Plan, reason: Reason, now: datetime) -> str:
    """To follow a phase's name: "waits for 2: Models". No full stop."""
    match reason.code:
        case _CODE.PLAN_STOPPED:
            return f"the plan has stopped, because of {names(plan, reason.phases)}"
        case _CODE.PROJECT_PAUSED:
            return f"the project {reason.what} is paused{_ABSENT[reason.why]}"
        case _CODE.DEPENDENCY_FAILED:
            return f"needs {names(plan, reason.phases)}, which did not finish"
        case _CODE.WAITING_FOR_DEPENDENCY:
            return f"waits for {names(plan, reason.phases)}"
        case _CODE.RETRY_BACKOFF:
            return _back_off(reason, now)
        case _CODE.WINDOW_CLOSED:
            return _window(reason)
        case _CODE.ATTEMPT_STOPPING:
            return f"waits until the earlier attempt of {names(plan, reason.phases)} has ended"
        case _CODE.EXECUTOR_UNAVAILABLE:
            return f"the executor {reason.what} takes no work now{_closed(reason, now)}"
        case _CODE.PATH_CONFLICT:
            return f"waits for {names(plan, reason.phases)}, which works on {reason.what} as well"
        case _CODE.BUDGET_EXHAUSTED:
            return _budget(reason)
        case _CODE.SLOT_LIMIT:
            return _slots(reason)
    return _FIXED[reason.code]


def names(plan: Plan, keys: Iterable[str]) -> str:
    """Phases as a list for people: "1: Setup, 2: Models and 4: API"."""
    found = [plan.phases[key].name for key in keys if key in plan.phases]
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found)


def of_merge(pull: Pull) -> str:
    """How the pull request of a plan stands, to follow the plan's name."""
    called = f"#{pull.number}" if pull.number else "a pull request"
    match pull.state:
        case PullState.OPEN:
            return f"waits for the merge of {called}"
        case PullState.WANTED:
            return f"waits until {called} is {'open again' if pull.number else 'opened'}"
        case PullState.MERGED:
            return f"was merged with {called}"
        case PullState.UNNEEDED:
            return "needs no merge"
    if pull.why:
        return f"waits for a decision: no pull request could be opened for {pull.branch}"
    return f"waits for a decision: {called} was closed without a merge"


_FIXED = {
    _CODE.NOT_STARTED: "the plan has not been started",
    _CODE.PUBLISHING: "waits until all issues are there",
    _CODE.PLAN_CANCELLED: "the plan is cancelled",
    _CODE.PLAN_PAUSED: "the plan is paused",
    _CODE.NOT_SELECTED: "is not among the selected phases",
    _CODE.APPROVAL_REQUIRED: "waits for approval",
}
_ABSENT = {
    "": "",
    Absence.GONE: ", because its repository is gone or phasebot may not see it any more",
    Absence.SUSPENDED: ", because the installation of the App is suspended",
    Absence.ARCHIVED: ", because its repository is archived",
    Absence.REFUSED: ", because phasebot is not allowed to work in its repository",
}
_PLACES = {"running": "phasebot", "project": "the project", "plan": "the plan"}


def _window(reason: Reason) -> str:
    if reason.until is None:
        return "waits until its window opens"
    return f"may start again from {reason.until:%a %Y-%m-%d %H:%M} UTC on, when its window opens"


def _back_off(reason: Reason, now: datetime) -> str:
    if reason.until is None or reason.until <= now:
        return "is tried again now"
    return f"is tried again in {spoken(reason.until - now)}"


def _budget(reason: Reason) -> str:
    used, limit = (in_figures(reason.why, reason.facts.get(name, 0)) for name in ("used", "limit"))
    again = f"; it goes on at {reason.until:%Y-%m-%d %H:%M} UTC" if reason.until else ""
    return f"the {reason.why} budget of the {reason.what} is used up: {used} of {limit}{again}"


_CLOSED = {
    "queue_unreachable": ": Redis cannot be reached",
    "no_workers": ": no worker is there",
    "failing": ": it has failed too often",
}


def _closed(reason: Reason, now: datetime) -> str:
    again = f", and is tried again in {spoken(reason.until - now)}" if reason.until and reason.until > now else ""
    return f"{_CLOSED.get(reason.why, '')}{again}"


def _slots(reason: Reason) -> str:
    limit = reason.facts.get("limit", 0)
    where = _PLACES.get(reason.what, f"the executor {reason.what}")
    return f"waits for a free slot: {where} runs {reason.facts.get('taken', limit)} of at most {limit}"
