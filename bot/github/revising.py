"""Revising: brings the issues of a plan up to date after it was amended. Writes only what looks different.

Each answers True if people and the plan have changed the same passage, which people should be told. An issue that is gone
stays gone; one that is not there yet will be created as it should be.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bot.github.client import GitHub
from bot.github.linking import Linking
from bot.github.showing import LONGEST
from services.domain.effects import RefreshChild, ReviseParent
from services.domain.errors import NotFound
from services.domain.phase import IssueRef, Phase
from services.ports import PhaseText, PlanText
from services.publishing.revision import Reviser, Revision, Written
from services.publishing.text import length

log = structlog.get_logger()


class Revising:
    """The issues of one plan. `linking` is told of the dependencies that came and went."""

    def __init__(self, github: GitHub, linking: Linking, reviser: Reviser) -> None:
        self._github = github
        self._linking = linking
        self._reviser = reviser
        self._plan = reviser.plan

    def parent(self, effect: ReviseParent, text: PlanText) -> bool:
        return self._revised(self._plan.issue, lambda found: self._reviser.parent(effect, text, found))

    def child(self, phase: Phase, effect: RefreshChild, text: PhaseText) -> bool:
        has_conflicts = self._revised(phase.issue, lambda found: self._reviser.child(phase, effect, text, found))
        if phase.issue is not None and (phase.linked or self._plan.graph.needs[phase.key]):
            self._relink(phase, phase.issue, effect)
        return has_conflicts

    def _revised(self, issue: IssueRef | None, wanted: Callable[[Written], Revision]) -> bool:
        """The issue is read right before it is written: people edit it as well."""
        if issue is None:
            return False
        try:
            there = self._github.issue(self._plan.project, issue.number)
            found = Written(there.title, there.body, there.labels)
            revision = wanted(found)
            if revision.written != found:
                self._write(issue, revision.written, labels=revision.written.labels != found.labels)
        except NotFound:
            log.warning("issue_gone", project=self._plan.project, issue=issue.number)
            return False
        return revision.has_conflicts

    def _write(self, issue: IssueRef, wanted: Written, *, labels: bool) -> None:
        if length(wanted.body) > LONGEST:
            log.warning("issue_full", project=self._plan.project, issue=issue.number)
        else:
            names = sorted(wanted.labels) if labels else None
            self._github.edit(self._plan.project, issue.number, title=wanted.title, body=wanted.body, labels=names)

    def _relink(self, phase: Phase, issue: IssueRef, effect: RefreshChild) -> None:
        try:
            self._linking.unlink(self._github, self._plan, phase, effect.dropped)
            self._linking.link(self._github, self._plan, phase, again=True)
        except NotFound:
            log.warning("issue_gone", project=self._plan.project, issue=issue.number)
