"""Groups: a parent holds a hundred children, so a longer plan has issues in between that hold fifty phases each.

https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/adding-sub-issues
"""

from __future__ import annotations

from dataclasses import dataclass

from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.transitions import PhaseState
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.text import inline, title
from services.publishing.words import reference

MOST_CHILDREN = 100
PER_GROUP = 50
_DECIDED = frozenset({PhaseState.COMPLETED, PhaseState.SKIPPED, PhaseState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Group:
    """Some phases of a long plan, in plan order. `number` counts groups from 1, and is the same for ever."""

    number: int
    phases: tuple[Phase, ...]

    @property
    def is_done(self) -> bool:
        return all(phase.state in _DECIDED for phase in self.phases)

    @property
    def is_missing(self) -> bool:
        """None of its phases has an issue, so it has none itself."""
        return all(phase.issue is None for phase in self.phases)

    def marker(self, plan: Plan) -> Marker:
        return Marker(MarkerKind.GROUP, plan.id, str(self.number))

    def title(self) -> str:
        """`Phases 1–50`, after the numbers as written, or the places in the plan."""
        first, last = (phase.number or str(phase.ordinal) for phase in (self.phases[0], self.phases[-1]))
        return title(f"Phases {first}–{last}")

    def body(self, plan: Plan, markers: Markers) -> str:
        about = f"Part of {reference(plan.issue)} · {len(self.phases)} phases of **{inline(plan.title)}**"
        return f"{about}\n\n{markers.write(self.marker(plan))}"


def is_grouped(plan: Plan) -> bool:
    """More phases have joined it than a parent holds. That stays so, however many leave."""
    return max((phase.serial for phase in plan), default=0) > MOST_CHILDREN


def groups(plan: Plan) -> list[Group]:
    """All groups of a long plan; none of a shorter one. A phase stays in its group wherever it moves."""
    if not is_grouped(plan):
        return []
    members: dict[int, list[Phase]] = {}
    for phase in plan:
        members.setdefault(_number(phase), []).append(phase)
    return [Group(number, tuple(members[number])) for number in sorted(members)]


def group_of(plan: Plan, phase: Phase) -> Group:
    """The one that a phase of a long plan belongs to."""
    return next(group for group in groups(plan) if group.number == _number(phase))


def _number(phase: Phase) -> int:
    return (phase.serial - 1) // PER_GROUP + 1
