"""Canonical states: what of a plan can still make a difference, so that equal futures are explored once.

Moments are only past or still to come, attempts are numbered anew, and what only people read is dropped. The spent retries of
a decided phase make no difference, because every way back restores them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from services.domain.attempts import Attempt, AttemptState
from services.domain.phase import Phase
from services.domain.plan import Plan, PlanState
from services.domain.pull import Pull
from services.domain.transitions import PhaseState
from services.domain.windows import Window
from services.domain.world import World
from tests.exploration.graphs import Renaming
from tests.plans import NOW

THERE = World(holder="here", lost_retries=0)
"""The world in which exploration happens: no limits, and one lost attempt is replaced for free."""
SHUT = Window(((NOW.weekday() + 1) % 7,), time(9), time(10))
"""A window that opens tomorrow: never, in exploration."""
LATER = NOW + timedelta(hours=1)
EARLIER = NOW - timedelta(hours=1)

StateKey = tuple[PlanState, tuple[int, ...], "_Trait | None"]
_Trait = tuple[object, ...]

_UNDECIDED = frozenset({PhaseState.WAITING, PhaseState.RUNNING, PhaseState.NEEDS_QA})
_ENDED = AttemptState.CANCELLED
"""Stands for every way an attempt can have ended but for a loss, after which a success may still come."""


class States:
    """The canonical states met so far. Symmetric states are one, and the canonical phases in them are shared."""

    def __init__(self, symmetries: Sequence[Renaming]) -> None:
        self._symmetries = symmetries if len(symmetries) > 1 else ()
        self._numbers: dict[_Trait, int] = {}
        self._phases: dict[tuple[str, str, int], Phase] = {}
        self._known: dict[int, int] = {}

    def key(self, plan: Plan) -> StateKey:
        numbers = self._numbers_of(plan)
        if self._symmetries:
            numbers = min(_renamed(numbers, renaming) for renaming in self._symmetries)
        return plan.state, numbers, _pull_trait(plan.pull)

    def distinct(self, plan: Plan) -> Iterator[Phase]:
        """One phase of each kind: phases whose places could be swapped in this state are of one kind."""
        numbers = self._numbers_of(plan)
        alike = [renaming for renaming in self._symmetries if _renamed(numbers, renaming) == numbers]
        for place, phase in enumerate(plan.phases.values()):
            if all(place <= renaming[place] for renaming in alike):
                yield phase

    def canonical(self, plan: Plan) -> Plan:
        """The plan as explored on: what cannot make a difference is the same for all plans with this key."""
        phases = {key: self._canonical(phase) for key, phase in plan.phases.items()}
        pull = plan.pull and replace(plan.pull, why="refused" if plan.pull.why else "")
        return replace(plan, phases=phases, fences=len(phases), selected=None, priority=50, issue=None, pull=pull)

    def _numbers_of(self, plan: Plan) -> tuple[int, ...]:
        known = self._known
        return tuple([known.get(id(phase)) or self._number(phase) for phase in plan.phases.values()])

    def _number(self, phase: Phase) -> int:
        trait = _trait(phase)
        return self._numbers.setdefault(trait, len(self._numbers) + 1)

    def _canonical(self, phase: Phase) -> Phase:
        number = self._number(phase)
        place = (phase.key, phase.status, number)
        if place not in self._phases:
            self._phases[place] = canonical = _plain(phase)
            self._known[id(canonical)] = number
        return self._phases[place]


def _renamed(numbers: tuple[int, ...], renaming: Renaming) -> tuple[int, ...]:
    return tuple([numbers[place] for place in renaming])


def _trait(phase: Phase) -> _Trait:
    undecided = phase.state in _UNDECIDED
    return (
        phase.state,
        _attempt_trait(phase.attempt),
        phase.failures if undecided else 0,
        phase.losses if undecided else 0,
        _moment(phase.not_before),
        bool(phase.approved_by),
        _moment(phase.expires_at),
        phase.admitted,
    )


def _pull_trait(pull: Pull | None) -> _Trait | None:
    return None if pull is None else (pull.state, pull.number, bool(pull.why))


def _attempt_trait(attempt: Attempt | None) -> _Trait | None:
    if attempt is None:
        return None
    if attempt.state.is_live:
        return attempt.state.is_in_flight, attempt.kind, _moment(attempt.lease_until), _moment(attempt.deadline)
    return (attempt.state, attempt.kind) if attempt.state is AttemptState.LOST else (_ENDED, bool(attempt.result))


def _moment(moment: datetime | None) -> bool | None:
    return None if moment is None else moment > NOW


def _plain(phase: Phase) -> Phase:
    undecided = phase.state in _UNDECIDED
    return replace(
        phase,
        attempt=_plain_attempt(phase.attempt, phase.ordinal),
        attempts=min(phase.attempts, 1),
        failures=phase.failures if undecided else 0,
        losses=phase.losses if undecided else 0,
        not_before=_plain_moment(phase.not_before),
        approved_by="ada" if phase.approved_by else "",
        expires_at=_plain_moment(phase.expires_at),
        failure=None,
        priority=None,
        issue=None,
        linked=False,
        started_at=None,
        finished_at=None,
    )


def _plain_attempt(attempt: Attempt | None, fence: int) -> Attempt | None:
    if attempt is None:
        return None
    live = attempt.state.is_live
    return Attempt(
        number=1,
        fence=fence,
        executor=attempt.executor,
        state=attempt.state if live or attempt.state is AttemptState.LOST else _ENDED,
        claimed_at=NOW,
        kind=attempt.kind,
        lease_until=_plain_moment(attempt.lease_until) if live else None,
        deadline=_plain_moment(attempt.deadline) if live else None,
        result=None if live else attempt.result,
    )


def _plain_moment(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return LATER if moment > NOW else EARLIER
