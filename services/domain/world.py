"""The world as a decision sees it: a frozen snapshot of what lies outside the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.domain.budgets import Spending


@dataclass(frozen=True, slots=True)
class Limits:
    """How many attempts may hold a slot at once. None: no limit. `executors` by name."""

    running: int | None = None
    project: int | None = None
    plan: int | None = None
    executors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slots:
    """How many slots are taken: in all, and by project, plan and executor."""

    running: int = 0
    projects: Mapping[str, int] = field(default_factory=dict)
    plans: Mapping[str, int] = field(default_factory=dict)
    executors: Mapping[str, int] = field(default_factory=dict)

    def moved(self, project: str, plan: str, executor: str, by: int) -> Slots:
        """With `by` more of them taken (or fewer, where negative)."""
        return Slots(
            running=self.running + by,
            projects={**self.projects, project: self.projects.get(project, 0) + by},
            plans={**self.plans, plan: self.plans.get(plan, 0) + by},
            executors={**self.executors, executor: self.executors.get(executor, 0) + by},
        )


def most_that_can_start(limits: Limits, slots: Slots) -> int | None:
    """How many could start at the most, where every executor has a limit of its own; None where that is not known."""
    if not limits.executors:
        return None
    if limits.project is not None or limits.plan is not None:
        return None  # the first in the row may be refused for those, and the next one not
    free = sum(max(0, limit - slots.executors.get(name, 0)) for name, limit in limits.executors.items())
    return free if limits.running is None else min(free, max(0, limits.running - slots.running))


@dataclass(frozen=True, slots=True)
class Closed:
    """Why an executor takes no work now: a stable word, and until when, where that is known."""

    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What a decision may know besides the plan. `executors` are those that would take work now; None: all of them.
    `spending` is what was used, by the ids of plans whose budgets count. `closed` says of some of the others why they do not.

    `paused_projects` says why each is paused, "" where a person wished so.

    `lease` is how long an attempt lives without news, `leases` are those of executors that are heard of less often;
    `kill_grace` is how much longer its execution may need to die. `lost_retries` is how often a lost attempt is replaced
    without spending a retry of the policy's.
    """

    holder: str = ""
    limits: Limits = field(default_factory=Limits)
    slots: Slots = field(default_factory=Slots)
    executors: frozenset[str] | None = None
    spending: Mapping[str, Spending] = field(default_factory=dict)
    closed: Mapping[str, Closed] = field(default_factory=dict)
    paused_projects: Mapping[str, str] = field(default_factory=dict)
    lease: timedelta = timedelta(seconds=60)
    leases: Mapping[str, timedelta] = field(default_factory=dict)
    kill_grace: timedelta = timedelta(seconds=10)
    lost_retries: int = 3
    retry_delay_cap: timedelta = timedelta(minutes=10)

    def lease_of(self, executor: str) -> timedelta:
        """How long an attempt there lives without news."""
        return self.leases.get(executor, self.lease)
