"""Grouping: the issues between the parent of a long plan and its phases. They are known by their signed markers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bot.github.answers import RemoteIssue
from bot.github.client import Draft, GitHub
from services.domain.phase import IssueRef, Phase
from services.domain.plan import Plan
from services.publishing.groups import Group, group_of, groups
from services.publishing.markers import MarkerKind, Markers

Own = Callable[[Plan], Iterable[RemoteIssue]]
Create = Callable[[Plan, Draft], RemoteIssue]


@dataclass(frozen=True, slots=True)
class _Known:
    ref: IssueRef
    is_open: bool


class Grouping:
    """`own` lists what this account created, `create` makes an issue below the plan's parent."""

    def __init__(self, markers: Markers, own: Own, create: Create) -> None:
        self._markers = markers
        self._own = own
        self._create = create
        self._plans: dict[str, dict[str, _Known]] = {}

    def above(self, plan: Plan, phase: Phase, *, again: bool) -> IssueRef:
        """The group of a phase, made with its first phase. Only then nobody can have made it before."""
        group = group_of(plan, phase)
        is_first = group.is_missing and not again
        known = self._plans.setdefault(plan.id, {}) if is_first else self._known(plan)
        if (found := known.get(str(group.number))) is not None:
            return found.ref
        parent = plan.issue.id if plan.issue else None
        draft = Draft(title=group.title(), body=group.body(plan, self._markers), parent_id=parent)
        made = self._create(plan, draft)
        known[str(group.number)] = _Known(IssueRef(made.number, made.id), is_open=True)
        return known[str(group.number)].ref

    def refresh(self, github: GitHub, plan: Plan) -> None:
        """A group is closed while all its phases are decided."""
        for group in groups(plan):
            self._settle(github, plan, group)

    def _settle(self, github: GitHub, plan: Plan, group: Group) -> None:
        known = self._known(plan)
        found = known.get(str(group.number))
        if found is not None and found.is_open is group.is_done:
            to, reason = ("closed", "completed") if group.is_done else ("open", "reopened")
            github.set_state(plan.project, found.ref.number, to, reason)
            known[str(group.number)] = replace(found, is_open=not group.is_done)

    def _known(self, plan: Plan) -> dict[str, _Known]:
        """Those that there are; looked for once, and again after a restart."""
        if not self._plans.get(plan.id):
            found = ((issue, self._markers.find(issue.body)) for issue in self._own(plan))
            self._plans[plan.id] = {
                marker.of: _Known(IssueRef(issue.number, issue.id), is_open=issue.state == "open")
                for issue, marker in found
                if marker is not None and (marker.kind, marker.plan) == (MarkerKind.GROUP, plan.id)
            }
        return self._plans[plan.id]
