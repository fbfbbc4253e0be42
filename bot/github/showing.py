"""Showing: keeps the parent's managed block and the status comment up to date. Writes only what looks different."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import structlog

from bot.github.client import GitHub
from services.domain.errors import NotFound
from services.domain.phase import IssueRef
from services.domain.plan import Plan
from services.publishing import bodies
from services.publishing.block import Block
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.status_comment import status_comment
from services.publishing.text import length

log = structlog.get_logger()

REMEMBERED = 1_000
"""Plans whose last look is kept. Of any other it is read again, which costs two requests and no write."""

LONGEST = 65_000


@dataclass(slots=True)
class _Shown:
    """What a plan was last seen to show. `comment` is the id of the status comment; `is_new`: there cannot be one yet."""

    block: str | None = None
    status: str | None = None
    comment: int | None = None
    is_new: bool = False


class Showing:
    """What the plans show, as this process last wrote or read it."""

    def __init__(self, markers: Markers) -> None:
        self._markers = markers
        self._plans: OrderedDict[str, _Shown] = OrderedDict()

    def is_new(self, plan: Plan) -> None:
        """The parent has just been created: nobody has commented on it."""
        self._shown(plan).is_new = True

    def refresh(self, github: GitHub, plan: Plan) -> None:
        """Bring both up to date. A parent that is gone shows nothing any more."""
        if plan.issue is None:
            return
        shown = self._shown(plan)
        try:
            self._refresh_block(github, plan, plan.issue, shown)
            self._refresh_status(github, plan, plan.issue, shown)
        except NotFound:
            log.warning("parent_gone", project=plan.project, issue=plan.issue.number)

    def status(self, github: GitHub, plan: Plan) -> None:
        """Bring the status comment alone up to date: the body is a person's."""
        if plan.issue is not None:
            self._refresh_status(github, plan, plan.issue, self._shown(plan))

    def _shown(self, plan: Plan) -> _Shown:
        shown = self._plans.setdefault(plan.id, _Shown())
        self._plans.move_to_end(plan.id)
        if len(self._plans) > REMEMBERED:
            self._plans.popitem(last=False)
        return shown

    def _refresh_block(self, github: GitHub, plan: Plan, issue: IssueRef, shown: _Shown) -> None:
        """The body is read right before it is written: people edit it as well."""
        wanted = bodies.parent_block(plan)
        if wanted == shown.block:
            return
        body = github.issue(plan.project, issue.number).body
        changed = Block(self._markers, plan.id).replaced(body, wanted)
        if length(changed) > LONGEST:
            log.warning("parent_full", project=plan.project, issue=issue.number)
        elif changed != body:
            github.edit_body(plan.project, issue.number, changed)
        shown.block = wanted

    def _refresh_status(self, github: GitHub, plan: Plan, issue: IssueRef, shown: _Shown) -> None:
        wanted = status_comment(plan, self._markers)
        if wanted == shown.status:
            return
        if shown.comment is None and not shown.is_new:
            self._recall(github, plan, issue, shown)
        shown.is_new = False  # from here on there may be one, even if the answer is lost
        if shown.status != wanted:
            shown.comment = self._write_status(github, plan, issue, wanted, known=shown.comment)
            shown.status = wanted

    def _recall(self, github: GitHub, plan: Plan, issue: IssueRef, shown: _Shown) -> None:
        """The comment that an earlier process, or an earlier try, has posted."""
        marker = Marker(MarkerKind.STATUS, plan.id)
        for comment in github.own_comments(plan.project, issue.number):
            if self._markers.find(comment.body) == marker:
                shown.comment, shown.status = comment.id, comment.body
                return

    def _write_status(self, github: GitHub, plan: Plan, issue: IssueRef, wanted: str, *, known: int | None) -> int:
        if known is not None:
            try:
                return github.edit_comment(plan.project, known, wanted).id
            except NotFound:
                log.info("status_comment_gone", project=plan.project, issue=issue.number)
        return github.post_comment(plan.project, issue.number, wanted).id
