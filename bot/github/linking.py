"""Linking: says on the issue of a phase which issues block it; in words where the server knows no dependencies."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from bot.github.client import GitHub
from bot.github.errors import Rejected
from bot.github.features import Feature
from services.domain.errors import NotFound
from services.domain.phase import IssueRef, Phase
from services.domain.plan import Plan
from services.publishing import bodies
from services.publishing.block import Block
from services.publishing.markers import Markers

log = structlog.get_logger()

_ALREADY = "already"


class Linking:
    """The links of all plans. What GitHub refuses (a limit, a cycle) is said and left: the plan itself knows its order."""

    def __init__(self, markers: Markers) -> None:
        self._markers = markers

    def link(self, github: GitHub, plan: Plan, phase: Phase, *, again: bool) -> None:
        """Link to every need of the phase. On a second try those that are there already are left alone."""
        issue = phase.issue
        if issue is None:
            raise NotFound(f"the phase {phase.key} has no issue to be linked")
        if not github.features.lacks(Feature.DEPENDENCIES, plan.project):
            blockers = [need.issue for need in plan.needs(phase) if need.issue is not None]
            if self._link_all(github, plan.project, issue, blockers, again=again):
                return
        self._say_in_words(github, plan, phase, issue)

    def unlink(self, github: GitHub, plan: Plan, phase: Phase, dropped: Iterable[str]) -> None:
        """Take away what the plan said before and no longer says; links that people made are theirs."""
        issue, wanted = phase.issue, {need.key for need in plan.needs(phase)}
        gone = {ref.id for key in dropped if key not in wanted and (ref := plan.ever(key).issue)}
        if issue is None or not gone or github.features.lacks(Feature.DEPENDENCIES, plan.project):
            return
        try:
            for blocker in gone & github.blockers(plan.project, issue.number):
                github.remove_blocker(plan.project, issue.number, blocker)
        except (NotFound, Rejected) as refusal:
            log.warning("dependency_not_removed", project=plan.project, issue=issue.number, error=refusal.message)

    def _link_all(
        self, github: GitHub, project: str, issue: IssueRef, blockers: list[IssueRef], *, again: bool
    ) -> bool:
        """False where dependencies are not known here, or one of them was refused."""
        try:
            known = github.blockers(project, issue.number) if again else frozenset()
        except NotFound:
            return self._learn(github, project, issue)
        linked = [self._link(github, project, issue, blocker) for blocker in blockers if blocker.id not in known]
        return all(linked)

    def _link(self, github: GitHub, project: str, issue: IssueRef, blocker: IssueRef) -> bool:
        if github.features.lacks(Feature.DEPENDENCIES, project):
            return False
        try:
            github.add_blocker(project, issue.number, blocker.id)
        except NotFound:
            return self._learn(github, project, issue)
        except Rejected as refusal:
            if _ALREADY in refusal.message:
                return True
            log.warning("dependency_refused", project=project, issue=issue.number, error=refusal.message)
            return False
        return True

    def _learn(self, github: GitHub, project: str, issue: IssueRef) -> bool:
        """Why there is nothing: the server knows no dependencies, or one of the two issues is gone."""
        try:
            github.blockers(project, issue.number)
        except NotFound:
            github.issue(project, issue.number)  # raises where the issue itself is gone
            github.features.learn(Feature.DEPENDENCIES, project)
            log.warning("no_dependencies_here", project=project)
        else:
            log.warning("blocker_gone", project=project, issue=issue.number)
        return False

    def _say_in_words(self, github: GitHub, plan: Plan, phase: Phase, issue: IssueRef) -> None:
        """The body named what it needs when it was created; only needs that came later are still without a number."""
        body = github.issue(plan.project, issue.number).body
        said = Block(self._markers, plan.id, phase.key).replaced(body, bodies.child_block(plan, phase))
        if said != body:
            github.edit_body(plan.project, issue.number, said)
