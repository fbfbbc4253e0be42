"""Retracting: closes what the bot created for a plan, puts back what it changed, and says what it left and why.

It goes by what is there now, so it may be broken off anywhere and begun anew: what is closed is counted, not closed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from bot.github.answers import RemoteIssue
from bot.github.client import GitHub
from bot.github.labelling import Labelling
from bot.github.showing import Showing
from services.coordinator import notices
from services.domain.effects import RetractIssues
from services.domain.errors import NotFound
from services.domain.messages import PlanRetracted
from services.domain.phase import IssueRef
from services.domain.plan import Plan
from services.domain.retraction import Left, Why
from services.publishing.block import Block
from services.publishing.markers import Marker, MarkerKind, Markers

CLOSED, NOT_PLANNED, COMPLETED = "closed", "not_planned", "completed"
SLACK = timedelta(minutes=10)
"""How far our clock and the server's may be apart."""

Own = Mapping[int, RemoteIssue]
"""What this account created, by number: one request tells of a hundred."""


class Retracting:
    """The plans of one account."""

    def __init__(self, github: GitHub, markers: Markers, showing: Showing, labelling: Labelling) -> None:
        self._github = github
        self._markers = markers
        self._showing = showing
        self._labelling = labelling

    def retract(self, effect: RetractIssues, plan: Plan) -> PlanRetracted:
        """Children first: whoever looks at the parent then finds them decided. Raises TransientError."""
        since = plan.created_at - SLACK if plan.created_at else None
        own = {issue.number: issue for issue in self._github.own_issues(plan.project, since)}
        ends = [*_children(plan), *self._groups(plan, own)]
        outcomes = [(ref.number, self._end(plan, own, ref, marker)) for ref, marker in ends]
        if plan.issue is not None:
            outcomes.append((plan.issue.number, self._end_parent(plan, own, plan.issue, outcomes)))
        closed, left = _sorted(outcomes)
        return PlanRetracted(plan=plan.id, cause=effect.key, closed=closed, left=left)

    def _groups(self, plan: Plan, own: Own) -> Iterator[tuple[IssueRef, Marker]]:
        """What stands between the parent and the phases of a long plan."""
        for issue in own.values():
            marker = self._markers.find(issue.body)
            if marker is not None and (marker.kind, marker.plan) == (MarkerKind.GROUP, plan.id):
                yield IssueRef(issue.number, issue.id), marker

    def _end(self, plan: Plan, own: Own, ref: IssueRef, marker: Marker) -> Why | None:
        """Close one that the bot created; why not, if it was left."""
        issue = self._found(plan, own, ref)
        if issue is None:
            return Why.GONE
        if not self._is_ours(issue, marker):
            return Why.NOT_OURS
        if issue.state == CLOSED:
            return Why.COMPLETED if issue.state_reason == COMPLETED else None
        self._github.set_state(plan.project, issue.number, CLOSED, NOT_PLANNED)
        return None

    def _end_parent(self, plan: Plan, own: Own, ref: IssueRef, children: list[tuple[int, Why | None]]) -> Why | None:
        """Close the parent that the bot created; of a person's, take out what the bot has put in. Either is told."""
        issue, marker = self._found(plan, own, ref), Marker(MarkerKind.PLAN, plan.id)
        if issue is None:
            return Why.GONE
        why = None if self._is_ours(issue, marker) else Why.NOT_OURS
        if why is None:
            self._showing.refresh(self._github, plan)
        else:
            self._restore(plan, issue)
        self._say(plan, ref, [*children, (ref.number, why)])
        return self._end(plan, own, ref, marker) if why is None else why

    def _restore(self, plan: Plan, issue: RemoteIssue) -> None:
        self._showing.status(self._github, plan)
        restored = Block(self._markers, plan.id).removed(issue.body)
        if restored != issue.body:
            self._github.edit_body(plan.project, issue.number, restored)
        self._labelling.unmark(self._github, plan, IssueRef(issue.number, issue.id), issue.labels)

    def _say(self, plan: Plan, parent: IssueRef, outcomes: list[tuple[int, Why | None]]) -> None:
        """Once, whatever turns up later."""
        marker = Marker(MarkerKind.COMMENT, plan.id, "retracted")
        comments = self._github.own_comments(plan.project, parent.number)
        if not any(self._markers.find(one.body) == marker for one in comments):
            body = f"{notices.retracted(*_sorted(outcomes))}\n\n{self._markers.write(marker)}"
            self._github.post_comment(plan.project, parent.number, body)

    def _is_ours(self, issue: RemoteIssue, marker: Marker) -> bool:
        """By its author; a parent also by its marker, where the account is a person's, who has issues of their own."""
        login = self._github.login
        is_certain = marker.kind is not MarkerKind.PLAN or login.endswith("[bot]")
        return issue.author == login and (is_certain or self._markers.find(issue.body) == marker)

    def _found(self, plan: Plan, own: Own, ref: IssueRef) -> RemoteIssue | None:
        """Where a number is another issue by now, ours is gone."""
        try:
            issue = own.get(ref.number) or self._github.issue(plan.project, ref.number)
        except NotFound:
            return None
        return issue if issue.id == ref.id else None


def _children(plan: Plan) -> Iterator[tuple[IssueRef, Marker]]:
    for phase in (*plan, *plan.removed.values()):
        if phase.issue is not None:
            yield phase.issue, Marker(MarkerKind.PHASE, plan.id, phase.key)


def _sorted(outcomes: list[tuple[int, Why | None]]) -> tuple[tuple[int, ...], tuple[Left, ...]]:
    closed = tuple(number for number, why in outcomes if why is None)
    return closed, tuple(Left(number, why) for number, why in outcomes if why is not None)
