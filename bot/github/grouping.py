"""Grouping: the issues between the parent of a long plan and its phases. They are known by their signed markers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import structlog

from bot.github.answers import RemoteIssue
from bot.github.arranging import arrange
from bot.github.client import Draft, GitHub
from bot.github.errors import Rejected
from services.domain.errors import NotFound
from services.domain.phase import IssueRef, Phase
from services.domain.plan import Plan
from services.publishing.groups import Group, group_of, groups
from services.publishing.markers import MarkerKind, Markers

log = structlog.get_logger()

Own = Callable[[Plan], Iterable[RemoteIssue]]
Create = Callable[[Plan, Draft], RemoteIssue]


@dataclass(frozen=True, slots=True)
class _Known:
    ref: IssueRef
    is_open: bool
    title: str


@dataclass(slots=True)
class _Groups:
    """What is known of the groups of a plan, by number. `is_looked_for`: those that an earlier process made are among them;
    `is_whole`: no phase is left that was put under the parent before the plan had groups."""

    found: dict[str, _Known] = field(default_factory=dict)
    is_looked_for: bool = False
    is_whole: bool = False


class Grouping:
    """`own` lists what this account created, `create` makes an issue, below the plan's parent if the draft says so."""

    def __init__(self, markers: Markers, own: Own, create: Create) -> None:
        self._markers = markers
        self._own = own
        self._create = create
        self._plans: dict[str, _Groups] = {}

    def above(self, github: GitHub, plan: Plan, phase: Phase, *, again: bool) -> IssueRef:
        """The group of a phase, made with its first phase. Only then nobody can have made it before."""
        known, group = self._plans.setdefault(plan.id, _Groups()), group_of(plan, phase)
        if all(one.issue is None for one in plan):
            known.is_whole, known.is_looked_for = True, known.is_looked_for or not again
        if not known.is_whole:
            self._regroup(github, plan)
            known.is_whole = True
        if again or not group.is_missing:
            self._look_for(plan)
        found = known.found.get(str(group.number))
        return found.ref if found else self._made(plan, group, below=plan.issue)

    def _made(self, plan: Plan, group: Group, *, below: IssueRef | None) -> IssueRef:
        parent = below.id if below else None
        draft = Draft(title=group.title(), body=group.body(plan, self._markers), parent_id=parent)
        made = self._create(plan, draft)
        known = _Known(IssueRef(made.number, made.id), is_open=True, title=draft.title)
        self._plans[plan.id].found[str(group.number)] = known
        return known.ref

    def _regroup(self, github: GitHub, plan: Plan) -> None:
        """A plan that has grown too long: what was put under its parent moves to groups. Each of them is made apart and comes
        under the parent at last, when there is room."""
        if plan.issue is None:
            return
        try:
            there = frozenset(github.sub_issues(plan.project, plan.issue.number))
            for group in groups(plan):
                members = [phase.issue for phase in group.phases if phase.issue and phase.issue.id in there]
                if members:
                    self._gather(github, plan, group, members, there)
        except (NotFound, Rejected) as refusal:
            log.warning("children_not_grouped", project=plan.project, plan=plan.id, error=str(refusal))

    def _gather(
        self, github: GitHub, plan: Plan, group: Group, members: Iterable[IssueRef], there: frozenset[int]
    ) -> None:
        known = self._look_for(plan).get(str(group.number))
        ref = known.ref if known else self._made(plan, group, below=None)
        for member in members:
            github.add_sub_issue(plan.project, ref.number, member.id, moving=True)
        if plan.issue is not None and ref.id not in there:
            github.add_sub_issue(plan.project, plan.issue.number, ref.id)

    def arrange(self, github: GitHub, plan: Plan) -> None:
        """After an amendment: the phases of each group in order, and the group called after those that it has by now."""
        known = self._look_for(plan)
        for group in groups(plan):
            if (found := known.get(str(group.number))) is None:
                continue
            arrange(github, plan.project, found.ref, group.phases)
            if found.title != (title := group.title()):
                github.edit(plan.project, found.ref.number, title=title, body=group.body(plan, self._markers))
                known[str(group.number)] = replace(found, title=title)

    def refresh(self, github: GitHub, plan: Plan) -> None:
        """A group is closed while all its phases are decided."""
        for group in groups(plan):
            self._settle(github, plan, group)

    def _settle(self, github: GitHub, plan: Plan, group: Group) -> None:
        known = self._look_for(plan)
        found = known.get(str(group.number))
        if found is not None and found.is_open is group.is_done:
            to, reason = ("closed", "completed") if group.is_done else ("open", "reopened")
            github.set_state(plan.project, found.ref.number, to, reason)
            known[str(group.number)] = replace(found, is_open=not group.is_done)

    def _look_for(self, plan: Plan) -> dict[str, _Known]:
        """Those that there are; looked for once, and again after a restart."""
        known = self._plans.setdefault(plan.id, _Groups())
        if not known.is_looked_for:
            known.found = {**dict(self._there(plan)), **known.found}
            known.is_looked_for = True
        return known.found

    def _there(self, plan: Plan) -> Iterator[tuple[str, _Known]]:
        for issue in self._own(plan):
            marker = self._markers.find(issue.body)
            if marker is not None and (marker.kind, marker.plan) == (MarkerKind.GROUP, plan.id):
                ref = IssueRef(issue.number, issue.id)
                yield marker.of, _Known(ref, is_open=issue.state == "open", title=issue.title)
