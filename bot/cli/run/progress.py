"""Progress: at the end of a run, what is done is ticked in the plan file, where the policy wants that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.plan_file import STDIN
from bot.cli.progress_file import ProgressFile
from bot.cli.run.request import Prepared
from bot.intake import Submission
from services.domain.errors import UserError

if TYPE_CHECKING:
    from bot.bootstrap import Phasebot


def write_back(prepared: Prepared, bot: Phasebot) -> str:
    """Read the file anew (it may have been edited during the run), tick, and say so. The run went as it went: that
    progress could not be written is no failure of it."""
    request = prepared.request
    if request.plan == STDIN:
        return "The policy wants progress in the plan file, but this plan came from stdin."
    try:
        file = ProgressFile.read(request.plan, single=request.single)
        made = file.ticks(bot.intake.finished(Submission(draft=file.draft, source=file.source)) or ())
        file.write(made)
    except UserError as error:
        return f"Progress was not written back: {error}"
    return f"Progress is written back: {len(made)} {'line' if len(made) == 1 else 'lines'} ticked in {request.plan}."
