"""A process that is killed in the middle of an attempt: `python -m tests.workspaces.doomed REPOSITORY HOME`."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from bot.executors.local import LocalExecutor, Premises
from bot.holder import holder_of_this_process
from bot.tools import builtin_registry
from bot.workspaces.choosing import FolderWorkspaces, Manner
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import KeptFailures, StandingClock, assignment, operation

HALF = "echo half > half.txt; git add half.txt; echo broken > README.md; touch $HOME_OF_TEST/began; sleep 600"


def main(repository: str, home: str) -> None:
    workspaces = FolderWorkspaces(Path(repository), Manner(home=Path(home), holder=holder_of_this_process()))
    premises = Premises(workspaces=workspaces, log_dir=Path(home) / "attempts")
    runner = ToolRunner(builtin_registry(os.environ), StandingClock(), KeptFailures())
    executor = LocalExecutor(runner, lambda report: None, StandingClock(), premises)
    executor.reap_orphans()
    work = operation("command", run=HALF, shell=True, env={"HOME_OF_TEST": home})
    executor.dispatch(assignment(work, fence=3))
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
