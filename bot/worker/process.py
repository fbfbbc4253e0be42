"""The process of a worker, put together: from its settings to the last word about what it ran."""

from __future__ import annotations

import os
import secrets
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import FrameType

from bot.clock import SystemClock
from bot.executors.local import LocalExecutor, Premises
from bot.executors.matching import Crew
from bot.executors.rq import connected
from bot.executors.secrets import given_secrets
from bot.log import log_tool_failure
from bot.origins import ProjectOrigins
from bot.settings import Settings, SettingsInvalid
from bot.tools import registry_with_plugins
from bot.worker.server import Server
from bot.worker.told import Told
from bot.worker.worker import Worker
from bot.workspaces.choosing import workspaces_of
from bot.workspaces.origins import Origin
from services.domain.messages import Report
from services.execution.redaction import Redactor
from services.execution.tool_runner import ToolRunner
from services.execution.workspace import Workspaces
from services.ports import Assignment, Reports


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a worker works: in `folder`, where one is given; else in clones of repositories, which `known` opens, or, without
    it, the server."""

    folder: Path | None = None
    known: ProjectOrigins | None = None


def work(settings: Settings, ground: Ground, hands: int, say: Callable[[str], None]) -> None:
    """Until SIGTERM or SIGINT, then let finish what runs; the second signal ends it. Raises SettingsInvalid."""
    for name in ("redis_url", "server_url"):
        if not getattr(settings, name):
            raise SettingsInvalid(
                "a worker needs it", where=f"PHASEBOT_{name.upper()}", fix="Set it to the one that the server uses."
            )
    assert settings.redis_url is not None
    server = Server(settings.server_url, f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}")
    reports = _Later()
    told = Told(server, settings.log_dir, lambda key: executor.stop(*key), patience=settings.lease)
    with _executor(_premises(settings, ground, told, hands), reports) as executor:
        worker = Worker(connected(settings.redis_url.get_secret_value()), server, executor, told, hands=hands)
        reports.to = worker.report
        executor.reap_orphans()
        _end_on_signals(worker)
        say(f"worker {server.name} takes {hands} at once (Ctrl-C ends it)")
        worker.run()
        say("ending: what runs may finish (again: it is ended now)")
        executor.drain()
    server.close()


class _Later:
    """Reports to whom is known once everything is put together."""

    to: Callable[[Report], None]

    def __call__(self, report: Report) -> None:
        self.to(report)


def _premises(settings: Settings, ground: Ground, told: Told, hands: int) -> Premises:
    given = given_secrets(os.environ)
    redactor = Redactor([*settings.secrets(), *given.values()])
    return Premises(
        workspaces=_workspaces(settings, ground, told, redactor),
        log_dir=settings.log_dir,
        workers=hands,
        lease=timedelta(seconds=settings.lease),
        redactor=redactor,
        crew=Crew(usual=hands),
        secrets=given,
    )


def _workspaces(settings: Settings, ground: Ground, told: Told, redactor: Redactor) -> Workspaces:
    def origin(assignment: Assignment) -> Origin | None:
        return ground.known.of(assignment.project) if ground.known else told.origin(assignment)

    folder = ground.folder or Path.cwd()
    return workspaces_of(settings, folder, redactor, None if ground.folder else origin)


def _executor(premises: Premises, reports: Reports) -> LocalExecutor:
    clock = SystemClock()
    runner = ToolRunner(registry_with_plugins(os.environ), clock, log_tool_failure, redactor=premises.redactor)
    return LocalExecutor(runner, reports, clock, premises)


def _end_on_signals(worker: Worker) -> None:
    signals_so_far = 0

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal signals_so_far
        signals_so_far += 1
        worker.end()
        if signals_so_far > 1:
            raise SystemExit(5)  # on the way out the executor ends what runs; it is run again elsewhere

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
