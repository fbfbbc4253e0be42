"""A plan: a parsed document and its progress. The unit of consistency: one message changes one plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.domain.graph import Graph
from services.domain.phase import IssueRef, Phase
from services.domain.pull import Pull
from services.domain.status import settle

HANDED_IN = "handed_in"


class PlanState(StrEnum):
    """What is stored of a plan."""

    PLANNED = "planned"
    PUBLISHING = "publishing"
    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"

    @property
    def is_under_way(self) -> bool:
        """It was published and was not given up."""
        return self in (PlanState.ACTIVE, PlanState.PAUSED)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with its phases in document order, without their bodies.

    `version` rises by one with every save; `fences` counts the claims ever made; `selected` restricts which phases may
    start (None: all). `tracked` plans have issues; an untracked one only runs. `revision` counts how often its shape was
    amended; `removed` are the phases that were taken out of it, for their history alone. `retracted_at`: since when it is
    given up for good, its issues with it. `by` has handed it in. `policy` is where its rules come from: the commit of the
    repository's policy, `HANDED_IN` if they came with the document, "" if nothing said how. `pull` asks people to merge what it
    has brought. Build one with `plan_of`.
    """

    id: str
    project: str
    title: str
    phases: Mapping[str, Phase]
    graph: Graph
    source: str = ""
    state: PlanState = PlanState.PLANNED
    version: int = 0
    fences: int = 0
    priority: int = 50
    tracked: bool = True
    issue: IssueRef | None = None
    selected: frozenset[str] | None = None
    created_at: datetime | None = None
    revision: int = 0
    removed: Mapping[str, Phase] = field(default_factory=dict)
    retracted_at: datetime | None = None
    by: str = ""
    policy: str = ""
    pull: Pull | None = None

    def phase(self, key: str) -> Phase:
        return self.phases[key]

    def ever(self, key: str) -> Phase:
        """The phase, even if it was removed."""
        return self.phases.get(key) or self.removed[key]

    def is_selected(self, phase: Phase) -> bool:
        """It is among those that are to be carried out."""
        return self.selected is None or phase.key in self.selected

    def with_phase(self, phase: Phase) -> Plan:
        """The plan with this phase in place of its old self; the status of all it affects is computed anew."""
        phases = dict(self.phases)
        phases[phase.key] = phase
        settle(phases, self.graph, phase.key)
        return replace(self, phases=phases)

    def __iter__(self) -> Iterator[Phase]:
        return iter(self.phases.values())

    def needs(self, phase: Phase) -> Iterator[Phase]:
        """The dependencies of a phase, in plan order."""
        return (self.phases[key] for key in self.graph.needs[phase.key])


def plan_of(plan: Plan) -> Plan:
    """The plan with every status computed from scratch: for a plan just parsed."""
    phases = dict(plan.phases)
    for key in plan.graph.order():
        settle(phases, plan.graph, key)
    return replace(plan, phases=phases)
