"""Forecast: what publishing a plan will cost, before the first request is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.domain.plan import Plan
from services.publishing.groups import groups, is_grouped
from services.publishing.pace import Pace


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """After so many requests there is a pause; `at` that time after the beginning it goes on."""

    requests: int
    at: timedelta


@dataclass(frozen=True, slots=True)
class Forecast:
    """Requests still to be sent, by what they do. A server that cannot create an issue below its parent wants one more each."""

    issues: int
    links: int
    reports: int

    @property
    def requests(self) -> int:
        return self.issues + self.links + self.reports

    def resume_points(self, pace: Pace) -> tuple[ResumePoint, ...]:
        """Where the allowance of an hour is used up, and writing goes on by itself in the next one."""
        full = range(max(0, pace.per_hour - pace.spent), self.requests, pace.per_hour)
        return tuple(ResumePoint(after, timedelta(hours=hour)) for hour, after in enumerate(full, 1))

    def duration(self, pace: Pace) -> timedelta:
        """How long it takes at this pace; what is beyond an hour's allowance waits for the next hour. What was spent of it
        lately is taken to come back after a whole hour: it may be sooner."""
        hours, rest = divmod(self.requests + pace.spent, pace.per_hour)
        rest = rest if hours else self.requests
        minutes, singles = divmod(rest, pace.per_minute)
        steady = max(minutes * timedelta(minutes=1), pace.interval * (rest - singles)) + pace.interval * singles
        return timedelta(hours=hours) + steady


def forecast(plan: Plan, before: Plan | None = None) -> Forecast:
    """What is missing now: for N phases with E dependencies at most N + E + 4 requests, and one for each group of a plan that
    is too long for one parent. `before`: the plan that this is a new version of. Where it was short enough, what is under its
    parent moves into groups: one request for each phase, and two for each of those groups, which are put there afterwards."""
    missing = sum(phase.issue is None for phase in plan) + (plan.issue is None)
    missing += sum(group.is_missing for group in groups(plan))
    links = sum(len(plan.graph.needs[phase.key]) for phase in plan if not phase.linked)
    if before is not None and not is_grouped(before):
        grown = [group for group in groups(plan) if not group.is_missing]
        missing += len(grown)
        links += len(grown) + sum(phase.issue is not None for group in grown for phase in group.phases)
    return Forecast(issues=missing, links=links, reports=_REPORTS)


_REPORTS = 3
"""Reading the parent, writing its block, posting the status comment."""
