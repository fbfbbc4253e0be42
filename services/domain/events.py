"""Events: the audit trail. One line for each thing that happened to a plan or a job, who caused it, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the audit trail. `kind` is a fixed word in the past tense; `facts` are JSON values.

    What happened to a job (`job`, its id) belongs to no plan (`plan` is empty), and so names its project itself.
    """

    kind: str
    plan: str
    cause: str
    phase: str | None = None
    by: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    job: str = ""
    project: str = ""
