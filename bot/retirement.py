"""Retirement: what finished plans have left in git goes together with what the store knew of how they came about."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial

import structlog

from bot.origins import ProjectOrigins
from bot.store.lookups import Lookups
from bot.workspaces.choosing import FolderWorkspaces, ProjectWorkspaces
from services.domain.errors import TransientError, UserError
from services.execution.tool import ToolFailed

log = structlog.get_logger()


def retire_refs(
    workspaces: FolderWorkspaces | ProjectWorkspaces,
    lookups: Lookups,
    origins: ProjectOrigins | None,
    before: datetime,
) -> None:
    """Of the plans that were finished before that moment: in the folder that is worked in, and, for machines that work in
    clones, at the origins of all projects. What cannot be reached now has its turn again."""

    def are_finished(plans: Collection[str]) -> Collection[str]:
        return lookups.finished_before(plans, before)

    known: Iterable[str] = lookups.watched() if origins else ()
    found = [origins.of(project) for project in known] if origins else []
    wanted = [partial(workspaces.retire, are_finished)]
    wanted += [partial(workspaces.retire_at, one, are_finished) for one in found if one is not None]
    for retire in wanted:
        try:
            plans = retire()
        except (ToolFailed, UserError, TransientError) as error:
            log.warning("refs_not_retired", error=str(error))
        else:
            if plans:
                log.info("refs_retired", plans=plans)
