"""A local executor with a real runner, and the reports it makes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.executors.local import LocalExecutor, Premises
from bot.executors.matching import Crew
from bot.tools.command import CommandTool
from bot.tools.noop import NoopTool
from bot.tools.process_group import Grace
from bot.workspaces.choosing import FolderWorkspaces, Manner
from services.domain.messages import AttemptFinished, AttemptRenewed, Report
from services.execution.redaction import Redactor
from services.execution.registry import Registry
from services.execution.tool_runner import ToolRunner
from services.ports import Reports
from tests.execution.kit import KeptFailures, StandingClock

OUR_SECRET = "correct-horse-battery"


@dataclass
class Told:
    """Reports, as the inbox would get them."""

    reports: list[Report] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, report: Report) -> None:
        with self.changed:
            self.reports.append(report)
            self.changed.notify_all()

    def ends(self, count: int = 1) -> list[AttemptFinished]:
        """The reported ends, once there are `count` of them."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self._ends()) >= count, timeout=20), self.reports
            return self._ends()

    def end(self) -> AttemptFinished:
        [end] = self.ends()
        return end

    def renewals(self, count: int) -> list[AttemptRenewed]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self._renewals()) >= count, timeout=20), self.reports
            return self._renewals()

    def _ends(self) -> list[AttemptFinished]:
        return [report for report in self.reports if isinstance(report, AttemptFinished)]

    def _renewals(self) -> list[AttemptRenewed]:
        return [report for report in self.reports if isinstance(report, AttemptRenewed)]


class House:
    """Makes executors over one folder, and closes them in the end."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "work"
        self.log_dir = folder / "logs"
        self.workspace.mkdir()
        self.told = Told()
        self.registry = Registry([CommandTool(os.environ, Grace(term=0.3)), NoopTool()])
        self._made: list[LocalExecutor] = []

    def executor(self, *, workers: int = 2, lease: float = 60, reports: Reports | None = None) -> LocalExecutor:
        premises = Premises(
            workspaces=FolderWorkspaces(
                self.workspace, Manner(home=self.log_dir.parent, holder="test", copied_megabytes=0)
            ),
            log_dir=self.log_dir,
            workers=workers,
            lease=timedelta(seconds=lease),
            redactor=Redactor([OUR_SECRET]),
            crew=Crew(usual=4, cores=8),
            secrets={"API_KEY": OUR_SECRET},
        )
        runner = ToolRunner(self.registry, StandingClock(), KeptFailures(), redactor=premises.redactor)
        executor = LocalExecutor(runner, reports or self.told, StandingClock(), premises)
        self._made.append(executor)
        return executor

    def close(self) -> None:
        for executor in self._made:
            executor.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()
