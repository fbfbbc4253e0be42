"""Jobs: single tools that are run on request, apart from any plan. A job that ended is never run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.domain.failure import Failure
from services.execution.cancellation import Stop


class JobState(StrEnum):
    """`lost`: the process that ran it is gone, or was stopped, and nobody knows how far it had come."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def is_live(self) -> bool:
        return self in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of a tool. `seq` rises along the jobs there are; `arguments` and `result` (what the tool returned) are JSON
    values; `timeout` in seconds, from `started_at` on. `failure` None as long as nothing went wrong."""

    id: str
    project: str
    tool: str
    requested_by: str
    created_at: datetime
    timeout: int
    seq: int = 0
    arguments: Mapping[str, Any] = field(default_factory=dict)
    state: JobState = JobState.QUEUED
    started_at: datetime | None = None
    finished_at: datetime | None = None
    is_cancelling: bool = False
    result: Mapping[str, Any] | None = None
    failure: Failure | None = None


def state_after(failure: Failure | None) -> JobState:
    """How a job stands that has ended like this."""
    return JobState.SUCCEEDED if failure is None else _STATES.get(failure.type, JobState.FAILED)


_STATES = {
    Stop.CANCELLED.value: JobState.CANCELLED,
    Stop.TIMED_OUT.value: JobState.TIMED_OUT,
    Stop.INTERRUPTED.value: JobState.LOST,
}
