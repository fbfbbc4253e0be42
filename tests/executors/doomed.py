"""A process that runs one attempt until it is killed: `python -m tests.executors.doomed WORKSPACE LOG_DIR`."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from bot.executors.local import LocalExecutor, Premises
from bot.tools import builtin_registry
from bot.workspaces.choosing import FolderWorkspaces, Manner
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import KeptFailures, StandingClock, assignment, operation

FAMILY = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
name = "first"
if os.fork() == 0:
    name = "second"
    if os.fork() == 0:
        name = "third"
        os.setsid()
pathlib.Path(name + ".new").write_text(str(os.getpid()))
pathlib.Path(name + ".new").rename(name + ".pid")
while True:
    time.sleep(60)
"""


def main(workspace: str, log_dir: str) -> None:
    workspaces = FolderWorkspaces(Path(workspace), Manner(home=Path(log_dir).parent, holder="test", copied_megabytes=0))
    premises = Premises(workspaces=workspaces, log_dir=Path(log_dir))
    runner = ToolRunner(builtin_registry(os.environ), StandingClock(), KeptFailures())
    executor = LocalExecutor(runner, lambda report: None, StandingClock(), premises)
    executor.dispatch(assignment(operation("command", run=[sys.executable, "-c", FAMILY]), fence=3))
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
