"""Arranging: keeps the children of an issue in the order of the phases. Writes only what is out of place."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from bot.github.client import GitHub
from bot.github.errors import Rejected
from services.domain.errors import NotFound
from services.domain.phase import IssueRef, Phase
from services.publishing.arranging import moves

log = structlog.get_logger()


def arrange(github: GitHub, project: str, parent: IssueRef, phases: Iterable[Phase]) -> None:
    """Where the server knows no sub-issues, or refuses, the order is told by words alone."""
    wanted = [phase.issue.id for phase in phases if phase.issue is not None]
    try:
        there = github.sub_issues(project, parent.number)
        for move in moves(there, wanted):
            github.move_sub_issue(project, parent.number, move)
    except (NotFound, Rejected) as refusal:
        log.warning("children_not_arranged", project=project, issue=parent.number, error=str(refusal))
