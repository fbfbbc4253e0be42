"""Advancing: which phases may start, and which of them get the free slots."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from services.domain.phase import MANUAL, Phase, QueueStatus
from services.domain.plan import Plan
from services.domain.reasons import RUNNING, Reason, phase_reasons, plan_reasons, slot_reasons, verdict_reasons
from services.domain.world import Slots, World


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phase that would start if it had a slot."""

    plan: Plan
    phase: Phase

    @property
    def priority(self) -> int:
        """The phase's own, else the plan's; the lower, the more urgent."""
        return self.plan.priority if self.phase.priority is None else self.phase.priority


def advance(plan: Plan, world: World, now: datetime) -> tuple[Candidate, ...]:
    """Whatever may start, phases and checks of phases. Safe to call at any moment, any number of times: it only looks."""
    is_open = next(plan_reasons(plan, world), None) is None
    waiting = (phase for phase in plan if (is_open and phase.status is QueueStatus.READY) or phase.lacks_verdict)
    return tuple(Candidate(plan, phase) for phase in waiting if next(_reasons(plan, phase, world, now), None) is None)


def may_start(plan: Plan, phase: Phase, world: World, now: datetime) -> bool:
    """Nothing but a slot keeps the phase, or its check, from starting."""
    if phase.lacks_verdict:
        return not any(verdict_reasons(plan, phase, world, now))
    is_ready = phase.status is QueueStatus.READY
    return is_ready and not any(plan_reasons(plan, world)) and not any(phase_reasons(plan, phase, world, now))


def _reasons(plan: Plan, phase: Phase, world: World, now: datetime) -> Iterator[Reason]:
    reasons = verdict_reasons if phase.lacks_verdict else phase_reasons
    return reasons(plan, phase, world, now)


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who starts now, in this order; `left_waiting` is True if somebody found every slot taken."""

    chosen: tuple[Candidate, ...]
    left_waiting: bool


def allocate(candidates: Iterable[Candidate], world: World) -> Allocation:
    """Give the free slots away: by priority, then fair share among projects, then plan age, then phase order.

    A person's work takes no slot, so it always starts.
    """
    slots, chosen, left_waiting = world.slots, [], False
    queue = _Queue(candidates, slots)
    open_executors = queue.executors()
    while open_executors and (candidate := queue.next()):
        plan, executor = candidate.plan, candidate.phase.next_executor
        refusal = next(slot_reasons(plan, candidate.phase, world, slots), None)
        if refusal is not None:
            left_waiting = True
            open_executors -= open_executors if refusal.what == RUNNING else {refusal.what}
            continue
        chosen.append(candidate)
        slots = slots.moved(plan.project, plan.id, executor, 1)
        queue.took(plan.project)
    return Allocation((*queue.by_hand, *chosen), left_waiting)


_BEGINNING = datetime.min.replace(tzinfo=UTC)
_Rank = tuple[datetime, str, int]


class _Queue:
    """Candidates in the order in which they are served. Within one priority the project with the fewest slots is next."""

    def __init__(self, candidates: Iterable[Candidate], slots: Slots) -> None:
        self._taken = dict(slots.projects)
        self._waiting: dict[tuple[int, str], list[tuple[_Rank, Candidate]]] = {}
        self.by_hand: list[Candidate] = []
        for candidate in candidates:
            if candidate.phase.next_executor == MANUAL:
                self.by_hand.append(candidate)
                continue
            mine = self._waiting.setdefault((candidate.priority, candidate.plan.project), [])
            heapq.heappush(mine, (_rank(candidate), candidate))

    def executors(self) -> set[str]:
        """Those that somebody waits for."""
        return {one.phase.next_executor for waiting in self._waiting.values() for _, one in waiting}

    def next(self) -> Candidate | None:
        head = min(self._heads(), default=None)
        if head is None:
            return None
        turn = (head[0], head[3])
        _, candidate = heapq.heappop(self._waiting[turn])
        if not self._waiting[turn]:
            del self._waiting[turn]
        return candidate

    def took(self, project: str) -> None:
        self._taken[project] = self._taken.get(project, 0) + 1

    def _heads(self) -> Iterator[tuple[int, int, _Rank, str]]:
        for (priority, project), waiting in self._waiting.items():
            yield priority, self._taken.get(project, 0), waiting[0][0], project


def _rank(candidate: Candidate) -> _Rank:
    return candidate.plan.created_at or _BEGINNING, candidate.plan.id, candidate.phase.ordinal
