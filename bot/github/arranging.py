"""Arranging: keeps the children of a plan's parent in the order of the phases. Writes only what is out of place."""

from __future__ import annotations

import structlog

from bot.github.client import GitHub
from bot.github.errors import Rejected
from services.domain.errors import NotFound
from services.domain.plan import Plan
from services.publishing.arranging import moves

log = structlog.get_logger()


def arrange(github: GitHub, plan: Plan) -> None:
    """Where the server knows no sub-issues, or refuses, the order is told by words alone."""
    if plan.issue is None:
        return
    wanted = [phase.issue.id for phase in plan if phase.issue is not None]
    try:
        there = github.sub_issues(plan.project, plan.issue.number)
        for move in moves(there, wanted):
            github.move_sub_issue(plan.project, plan.issue.number, move)
    except (NotFound, Rejected) as refusal:
        log.warning("children_not_arranged", project=plan.project, issue=plan.issue.number, error=str(refusal))
