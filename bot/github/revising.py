"""Revising: brings the issue of a phase up to date after its plan was amended. Writes only what looks different."""

from __future__ import annotations

import structlog

from bot.github.client import GitHub
from bot.github.linking import Linking
from bot.github.showing import LONGEST
from services.domain.effects import RefreshChild
from services.domain.errors import NotFound
from services.domain.phase import IssueRef
from services.ports import PhaseText
from services.publishing.revision import Reviser
from services.publishing.text import length

log = structlog.get_logger()


def revise(github: GitHub, linking: Linking, reviser: Reviser, effect: RefreshChild, text: PhaseText) -> bool:
    """True if people and the plan have changed the same passage, which people should be told. An issue that is gone stays
    gone; one that is not there yet will be created as it should be."""
    plan, phase = reviser.plan, reviser.phase
    if phase.issue is None:
        return False
    try:
        has_conflicts = _written(github, reviser, phase.issue, effect, text)
        if phase.linked or plan.graph.needs[phase.key]:
            linking.unlink(github, plan, phase, effect.dropped)
            linking.link(github, plan, phase, again=True)
    except NotFound:
        log.warning("issue_gone", project=plan.project, issue=phase.issue.number)
        return False
    return has_conflicts


def _written(github: GitHub, reviser: Reviser, issue: IssueRef, effect: RefreshChild, text: PhaseText) -> bool:
    """The issue is read right before it is written: people edit it as well."""
    project = reviser.plan.project
    found = github.issue(project, issue.number)
    wanted = reviser.revised(effect, text, title=found.title, body=found.body)
    if length(wanted.body) > LONGEST:
        log.warning("child_full", project=project, issue=issue.number)
        return False
    if (wanted.title, wanted.body) != (found.title, found.body):
        github.edit(project, issue.number, title=wanted.title, body=wanted.body)
    return wanted.has_conflicts
