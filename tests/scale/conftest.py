"""A server whose phases are carried out by workers in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.bootstrap import Options, Phasebot
from bot.intake import Submission
from bot.settings import Settings
from bot.web.auth import Access
from services.domain.phase import Phase
from services.domain.plan import Plan
from services.domain.reasons import Reason
from services.domain.rules import Rules
from services.planning.draft import PhaseDraft
from services.planning.parser import parse
from tests.scale.redis_server import RedisServer
from tests.web.conftest import TOKEN, served

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
LEASE = 2.0


@dataclass
class Yard:
    """One folder, one Redis, and the servers and workers over them. `git_url` given: workers are machines of their own, which
    work in clones."""

    folder: Path
    redis: RedisServer
    lease: float = LEASE
    git_url: str = ""
    url: str = ""
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    phasebot: Phasebot = field(init=False)

    @property
    def workspace(self) -> Path:
        return self.folder / "work"

    @contextmanager
    def server(self) -> Iterator[Phasebot]:
        """A server over the same database as the one before it."""
        settings = Settings(
            database_url=str(self.folder / "phasebot.db"),
            redis_url=SecretStr(self.redis.url),
            lease=self.lease,
            breaker_pause=0,
            git_url=self.git_url,
        )
        options = Options(workspace=self.workspace, issues=False, queue=True, clones=bool(self.git_url))
        with Phasebot(settings, options) as phasebot:
            phasebot.start()
            with served(phasebot, Access(TOKEN, local_only=True)) as url:
                self.phasebot, self.url = phasebot, url
                yield phasebot

    def worker(self, *, hands: int = 2, server: str | None = None) -> subprocess.Popen[bytes]:
        """One more, on a machine that all of them share: who starts ends what a killed one has left running."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PHASEBOT_")}
        home = self.folder / (f"worker-{len(self.workers)}" if self.git_url else "worker")
        home.mkdir(exist_ok=True)
        environment |= {
            "PHASEBOT_REDIS_URL": self.redis.url,
            "PHASEBOT_DATABASE_URL": str(home / "none.db"),
            "PHASEBOT_LEASE": str(self.lease),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "bot", "worker", "--server", server or self.url, "--workers", str(hands)]
        place = [] if self.git_url else ["--workspace", str(self.workspace)]
        process = subprocess.Popen([*command, *place], env=environment, stdout=subprocess.PIPE, cwd=home)
        self.workers.append(process)
        return process

    def submit(self, text: str, rules: Rules | Callable[[PhaseDraft], Rules], project: str | None = None) -> str:
        rules_for = rules if callable(rules) else lambda _phase: rules
        return self.phasebot.intake.submit(
            Submission(
                draft=parse(text, max_phases=100), source=f"plan-{len(text)}.md", rules_for=rules_for, project=project
            )
        ).plan.id

    def plan(self, id: str) -> Plan:
        plan = self.phasebot.answers.plan(id)
        assert plan is not None
        return plan

    def why(self, id: str, key: str) -> Reason | None:
        plan = self.plan(id)
        return self.phasebot.answers.why(plan, plan.phase(key))

    def until(self, holds: Callable[[], bool]) -> None:
        """Looks again at every commit, and a few times a second for what no commit tells."""
        changed, deadline = threading.Event(), PATIENCE
        forget = self.phasebot.watch(lambda _plans: changed.set())
        try:
            for _ in range(int(deadline * 10)):
                if holds():
                    return
                changed.wait(0.1)
                changed.clear()
        finally:
            forget()
        raise AssertionError("it did not come about")

    def until_settled(self, id: str) -> Plan:
        self.until(lambda: self.phasebot.answers.settled(self.plan(id)))
        return self.plan(id)

    def close(self) -> None:
        for process in self.workers:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def phases(plan: Plan) -> list[Phase]:
    return list(plan)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def yard(tmp_path: Path, redis: RedisServer) -> Iterator[Yard]:
    yard = Yard(tmp_path, redis)
    yard.workspace.mkdir()
    with ExitStack() as stack:
        stack.callback(yard.close)
        stack.enter_context(yard.server())
        yield yard
