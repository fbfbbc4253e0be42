"""`/api/phases/{id}/attempts/{number}/diff`: what an attempt has changed, file by file and line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as PathPart
from pydantic import Field

from bot.executors.attempt_log import log_path
from bot.store.views import QueueItem
from bot.web.api.inputs import Id
from bot.web.api.shapes import Shape
from bot.web.auth import Viewer
from bot.web.auth.permits import Permit
from bot.web.failures import documented
from bot.workspaces.patches import kept_beside
from services.domain.attempts import Attempt, AttemptKind, Changes
from services.domain.rules import LOCAL, MANUAL
from services.execution.unified import Diff, FileChange, LineKind, read_diff

router = APIRouter(prefix="/phases", tags=["phases"])


class DiffLineShape(Shape):
    """One line. A `gap` begins another part of the file, a `note` is said by git."""

    kind: LineKind
    text: str
    old: int | None = Field(description="Its number before; null where it was not there")
    new: int | None = Field(description="Its number now; null where it is not there any more")


class FileDiffShape(Shape):
    """One file. A binary one has no lines; neither has one past what is shown."""

    path: str
    was: str = Field(description="Its name before, where that is another")
    change: FileChange
    is_binary: bool
    added: int = Field(description="Lines that came")
    removed: int = Field(description="Lines that went")
    lines: list[DiffLineShape]


class DiffShape(Shape):
    """What an attempt has changed, against the results of the phases that it began with."""

    commit: str = Field(description="What was kept in git; empty for none")
    count: int = Field(description="How many files were changed, whether they are shown or not")
    files: list[FileDiffShape]
    names: list[str] = Field(description="Of the changed files, where no more than their names is known")
    is_cut: bool = Field(description="There is more than is shown; see the commit")
    why: str = Field(description="Why no lines are shown; empty where some are")


@dataclass(frozen=True, slots=True)
class Shown:
    """The changes of an attempt, as pages and the API show them. `why`: there are no lines, for this reason."""

    changes: Changes
    diff: Diff
    why: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return () if self.diff.files else self.changes.names

    @property
    def count(self) -> int:
        return max(self.changes.files, len(self.diff.files))


@router.get("/{id}/attempts/{number}/diff", responses=documented(404))
def show_diff(
    permit: Viewer, id: Id, number: Annotated[int, PathPart(ge=1, le=1_000_000, description="Which attempt")]
) -> DiffShape:
    """What an attempt has changed in its workspace, without secrets and of a bounded size; also of one that failed, whose
    files are thrown away."""
    item = permit.item(id)
    shown = changes_of(permit, item, permit.attempt(item, number))
    return DiffShape(
        commit=shown.changes.commit,
        count=shown.count,
        files=[FileDiffShape.model_validate(one) for one in shown.diff.files],
        names=list(shown.names),
        is_cut=shown.diff.is_cut,
        why=shown.why,
    )


def changes_of(permit: Permit, item: QueueItem, attempt: Attempt) -> Shown:
    """By the file that is kept beside the log of the attempt."""
    changes = attempt.changes or Changes()
    log = log_path(permit.bot.settings.log_dir, item.plan_id, item.phase_key, attempt.fence)
    patch = kept_beside(log) if changes.diff else None
    if patch is None:
        return Shown(changes, Diff([]), _why_none(attempt, changes))
    return Shown(changes, read_diff(patch.text, is_cut=patch.is_cut))


def _why_none(attempt: Attempt, changes: Changes) -> str:
    if attempt.state.is_live:
        return "What it changes is known when it has ended"
    if changes.diff:
        return "The diff was kept on the machine that carried it out, which is not this one, or was removed since"
    if changes.names:
        return "It worked in a plain folder, of which only the names of changed files are kept"
    if attempt.changes is not None and attempt.executor == LOCAL:
        return "It changed no file"
    if attempt.kind is AttemptKind.QA:
        return "A verdict changes nothing"
    if attempt.executor == MANUAL:
        return "A person did the work"
    if attempt.executor != LOCAL:
        return f"It was carried out elsewhere, by {attempt.executor}: see its run"
    if attempt.failure is not None:
        return "It changed no file before it failed, or worked in a plain folder, where changes are not recorded"
    return "It worked in a plain folder, where changes are not recorded"
