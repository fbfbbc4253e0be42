"""The performer: carries one effect on issues out, in such a way that doing it twice looks like doing it once.

What may have happened before (a second try) is looked for by its signed marker, among what this account wrote itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from bot.github.answers import RemoteComment, RemoteIssue
from bot.github.arranging import arrange
from bot.github.client import Draft, GitHub
from bot.github.errors import Rejected
from bot.github.events.issues import cause_of
from bot.github.features import Feature
from bot.github.grouping import Grouping
from bot.github.labelling import Labelling, LabelsOf, by_default
from bot.github.linking import Linking
from bot.github.merging import Merging
from bot.github.retracting import Retracting
from bot.github.revising import Revising
from bot.github.showing import Showing
from services.coordinator import notices
from services.domain.effects import (
    ArrangeChildren,
    CreateIssue,
    Effect,
    LabelParent,
    LinkDependencies,
    OpenPull,
    PostComment,
    RefreshChild,
    RefreshParent,
    RefreshPull,
    RetractIssues,
    ReviseParent,
    SetIssueState,
)
from services.domain.errors import NotAllowed, NotFound, TransientError
from services.domain.messages import DependenciesLinked, IssueCreated, Message, OwnDeed
from services.domain.phase import IssueRef, Phase
from services.domain.plan import Plan
from services.ports import PlanText, Sending
from services.publishing import bodies
from services.publishing.groups import is_grouped
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.revision import Reviser
from services.publishing.text import LIMIT, cut

log = structlog.get_logger()

CLOCK_SKEW = timedelta(minutes=10)
"""How far our clock and the server's may be apart when we look for what was created since."""

_CUT = "*The rest did not fit into a comment.*"


def _no_page(_: str) -> str:
    return ""


class Performer:
    """Carries out the effects of one account. `page_of` gives a repository's page, to which documents are linked.

    The effects of one project come one by one, from one thread; different projects may come at once.
    """

    def __init__(
        self,
        github: Callable[[], GitHub],
        markers: Markers,
        *,
        labels_of: LabelsOf = by_default,
        page_of: Callable[[str], str] = _no_page,
    ) -> None:
        self._github = github
        self._markers = markers
        self._labelling = Labelling(labels_of)
        self._page_of = page_of
        self._showing = Showing(markers)
        self._linking = Linking(markers)
        self._grouping = Grouping(markers, self._own, self._created_group)

    def perform(self, sending: Sending, plan: Plan, text: PlanText) -> tuple[Message, ...]:
        """Do it, and say what facts it brought. `plan` is as of now. Raises TransientError, RemoteUnavailable, UserError."""
        effect = sending.effect
        again = sending.tries > 1
        made_since = sending.wished_at - CLOCK_SKEW if again else None
        if isinstance(effect, CreateIssue | LinkDependencies | RefreshChild) and effect.phase in plan.removed:
            return self._adopted(effect, plan, made_since) if isinstance(effect, CreateIssue) else ()
        if plan.retracted_at is not None:
            return self._retracted(effect, plan, made_since)
        match effect:
            case CreateIssue(phase=None):
                return self._create_parent(effect, plan, text, made_since)
            case CreateIssue(phase=str() as key):
                return self._create_child(effect, plan, plan.phase(key), text, made_since)
            case LabelParent():
                self._labelling.mark(self._github(), plan)
            case LinkDependencies():
                self._linking.link(self._github(), plan, plan.phase(effect.phase), again=again)
                return (DependenciesLinked(plan=plan.id, phase=effect.phase, cause=effect.key),)
            case ArrangeChildren() if is_grouped(plan):
                self._grouping.arrange(self._github(), plan)
            case ArrangeChildren() if plan.issue is not None:
                arrange(self._github(), plan.project, plan.issue, plan)
            case RefreshChild() | ReviseParent():
                self._revise(effect, plan, text, again=again)
            case RefreshParent():
                self._showing.refresh(self._github(), plan)
                self._grouping.refresh(self._github(), plan)
            case PostComment():
                self._comment(effect, plan, again=again)
            case OpenPull():
                return Merging(self._github(), self._markers).open(effect, plan)
            case RefreshPull():
                Merging(self._github(), self._markers).refresh(effect, plan)
            case SetIssueState():
                return self._set_state(effect, plan, again=again)
            case _:
                raise TypeError(f"{effect.kind} is no effect on an issue")
        return ()

    def _retracted(self, effect: Effect, plan: Plan, made_since: datetime | None) -> tuple[Message, ...]:
        """Of all that was still to be done, only this: what was created meanwhile is found, and all of it is closed."""
        match effect:
            case CreateIssue():
                return self._adopted(effect, plan, made_since)
            case RetractIssues():
                Merging(self._github(), self._markers).close(plan)
                retracting = Retracting(self._github(), self._markers, self._showing, self._labelling)
                return (retracting.retract(effect, plan),)
        return ()

    # ------------------------------------------------------------ issues

    def _create_parent(
        self, effect: CreateIssue, plan: Plan, text: PlanText, made_since: datetime | None
    ) -> tuple[IssueCreated, ...]:
        if plan.issue is not None:
            return ()
        issue = self._find(plan, Marker(MarkerKind.PLAN, plan.id), made_since)
        if issue is None:
            labels = self._labelling.names(plan).of_parent()
            body = bodies.parent_body(plan, text, self._markers)
            issue = self._created(plan.project, Draft(title=bodies.parent_title(plan), body=body, labels=labels))
            if dropped := _dropped(labels, issue):
                self._say_dropped(plan, issue, dropped)
            elif made_since is None:
                self._showing.is_new(plan)
        return (_created(effect, issue),)

    def _create_child(
        self, effect: CreateIssue, plan: Plan, phase: Phase, text: PlanText, made_since: datetime | None
    ) -> tuple[IssueCreated, ...]:
        if phase.issue is not None:
            return ()
        if plan.issue is None:
            raise TransientError(f"the parent issue of {plan.id} is not there yet")
        issue = self._find(plan, Marker(MarkerKind.PHASE, plan.id, phase.key), made_since)
        is_again = made_since is not None
        above = self._grouping.above(self._github(), plan, phase, again=is_again) if is_grouped(plan) else plan.issue
        if issue is None:
            issue = self._created_below(plan.project, self._child(plan, phase, text, above))
        self._attach(plan.project, above, issue)
        return (_created(effect, issue),)

    def _created_group(self, plan: Plan, draft: Draft) -> RemoteIssue:
        issue = self._created_below(plan.project, draft)
        if plan.issue is not None and draft.parent_id is not None:
            self._attach(plan.project, plan.issue, issue)
        return issue

    def _adopted(self, effect: CreateIssue, plan: Plan, made_since: datetime | None) -> tuple[IssueCreated, ...]:
        """It is not wanted any more; an issue that an earlier try has created is not left behind unknown."""
        kind = MarkerKind.PLAN if effect.phase is None else MarkerKind.PHASE
        issue = self._find(plan, Marker(kind, plan.id, effect.phase or ""), made_since)
        return () if issue is None else (_created(effect, issue),)

    def _revise(self, effect: RefreshChild | ReviseParent, plan: Plan, text: PlanText, *, again: bool) -> None:
        reviser = Reviser(self._markers, plan, self._page_of(plan.project))
        revising, key = Revising(self._github(), self._linking, reviser), None
        if isinstance(effect, RefreshChild):
            key = effect.phase
            has_conflicts = revising.child(plan.phase(key), effect, text.phases[key])
        else:
            has_conflicts = revising.parent(effect, text)
        if has_conflicts:
            said = PostComment(plan=plan.id, key=f"{effect.key}:kept", phase=key, body=notices.both_kept())
            self._comment(said, plan, again=again)

    def _child(self, plan: Plan, phase: Phase, text: PlanText, parent: IssueRef) -> Draft:
        page = self._page_of(plan.project)
        body = bodies.child_body(plan, phase, text.phases[phase.key], self._markers, repository_url=page)
        labels = self._labelling.names(plan).of_child(phase)
        return Draft(title=bodies.child_title(phase), body=body, labels=labels, parent_id=parent.id)

    def _find(self, plan: Plan, marker: Marker, made_since: datetime | None) -> RemoteIssue | None:
        """Ours, if it was created although we never heard of it; `made_since` None: nothing can have been."""
        if made_since is None:
            return None
        for issue in self._github().own_issues_made_since(plan.project, made_since):
            if self._markers.find(issue.body) == marker:
                log.info("issue_adopted", project=plan.project, issue=issue.number)
                return issue
        return None

    def _own(self, plan: Plan) -> Iterator[RemoteIssue]:
        since = plan.created_at - CLOCK_SKEW if plan.created_at else None
        return self._github().own_issues(plan.project, since)

    def _created_below(self, project: str, draft: Draft) -> RemoteIssue:
        """A parent holds a hundred children; the others are tied to it by words alone."""
        try:
            return self._created(project, draft)
        except Rejected as refusal:
            if "sub-issues" not in refusal.message:
                raise
            log.warning("sub_issue_refused", project=project, title=draft.title, error=refusal.message)
            loose = Draft(title=draft.title, body=draft.body, labels=draft.labels)
            return self._created(project, loose)

    def _created(self, project: str, draft: Draft) -> RemoteIssue:
        issue = self._github().create_issue(project, draft)
        if dropped := _dropped(draft.labels, issue):
            log.warning("labels_dropped", project=project, issue=issue.number, labels=dropped)
        return issue

    def _say_dropped(self, plan: Plan, issue: RemoteIssue, labels: Sequence[str]) -> None:
        """Once, on the parent, as soon as it is there: the children's are dropped as well. Nothing depends on it."""
        marker = self._markers.write(Marker(MarkerKind.COMMENT, plan.id, "labels"))
        try:
            body = f"{notices.labels_dropped(labels)}\n\n{marker}"
            self._github().post_comment(plan.project, issue.number, body)
        except (NotAllowed, NotFound, Rejected, TransientError) as error:
            log.warning("labels_not_mentioned", project=plan.project, issue=issue.number, error=str(error))

    def _attach(self, project: str, parent: IssueRef, child: RemoteIssue) -> None:
        """For servers that took no notice of the parent. Those without sub-issues have it in the body's words."""
        github = self._github()
        if child.parent_issue_url is not None or github.features.lacks(Feature.SUB_ISSUES, project):
            return
        try:
            github.add_sub_issue(project, parent.number, child.id)
        except NotFound:
            github.issue(project, parent.number)  # raises where the parent itself is gone
            github.features.learn(Feature.SUB_ISSUES, project)
            log.warning("no_sub_issues_here", project=project)
        except Rejected as refusal:
            log.warning("sub_issue_refused", project=project, issue=child.number, error=refusal.message)

    def _set_state(self, effect: SetIssueState, plan: Plan, *, again: bool) -> tuple[OwnDeed, ...]:
        """No write where it is so already: a person, or an earlier try, was faster."""
        ref = plan.issue if effect.phase is None else plan.ever(effect.phase).issue
        if ref is None:
            return ()
        try:
            issue = self._github().issue(plan.project, ref.number)
            if issue.state != effect.state:
                issue = self._github().set_state(plan.project, ref.number, effect.state, effect.reason)
            elif not again:
                return ()
        except NotFound:  # deleted or moved away: there is nothing left to open or close
            log.warning("issue_gone", project=plan.project, issue=ref.number)
            return ()
        action = "closed" if effect.state == "closed" else "reopened"
        return (OwnDeed(plan=plan.id, cause=cause_of(issue.id, action, issue.updated_at)),) if issue.updated_at else ()

    # ------------------------------------------------------------ comments

    def _comment(self, effect: PostComment, plan: Plan, *, again: bool) -> None:
        """On the issue of its phase; on the parent where there is none."""
        of_phase = plan.ever(effect.phase).issue if effect.phase else None
        issue = of_phase or plan.issue
        if issue is None:
            raise NotFound(f"there is no issue to say this on: {effect.key}")
        marker = Marker(MarkerKind.COMMENT, plan.id, effect.key)
        body = f"{cut(effect.body, LIMIT, _CUT)}\n\n{self._markers.write(marker)}"
        known = self._said(plan, issue, effect) if again or effect.thread else None
        if known is None:
            self._github().post_comment(plan.project, issue.number, body)
        elif effect.thread and known.body != body:
            self._github().edit_comment(plan.project, known.id, body)

    def _said(self, plan: Plan, issue: IssueRef, effect: PostComment) -> RemoteComment | None:
        """Our comment of this key, or of this thread."""
        for comment in self._github().own_comments(plan.project, issue.number):
            marker = self._markers.find(comment.body)
            if marker is None or (marker.kind, marker.plan) != (MarkerKind.COMMENT, plan.id):
                continue
            if marker.of == effect.key or (effect.thread and marker.of.startswith(effect.thread)):
                return comment
        return None


def _dropped(wanted: Sequence[str], issue: RemoteIssue) -> list[str]:
    """Labels that GitHub has left out without a word, because the account may not set any."""
    known = {label.lower() for label in issue.labels}
    return [label for label in wanted if label.lower() not in known]


def _created(effect: CreateIssue, issue: RemoteIssue) -> IssueCreated:
    ref = IssueRef(number=issue.number, id=issue.id)
    return IssueCreated(plan=effect.plan, cause=effect.key, phase=effect.phase, issue=ref)
