"""A tracker that people work on while phasebot comes and goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Options, Phasebot
from bot.github.identity import PersonalToken
from bot.intake import Submission
from bot.localhub import Hub, HubServer
from bot.settings import Settings
from services.domain.plan import Plan, PlanState
from services.planning.parser import parse
from services.planning.scope import Scope

BOT, REPO = "phasebot[bot]", "ada/shop"
PATIENCE = 20
PLAN = "# Shop\n\n## Phase 1: Schema\n\n## Phase 2: API\n\n## Phase 3: Pages\n"


@dataclass
class Away:
    """A tracker that goes on while phasebot comes and goes."""

    hub: Hub
    url: str
    token: str
    folder: Path

    @contextmanager
    def phasebot(self, **given: Any) -> Iterator[Phasebot]:
        settings = Settings(
            database_url=str(self.folder / "phasebot.db"),
            github_api_url=self.url,
            marker_key="key",
            write_interval=0,
            **given,
        )
        with Phasebot(settings, Options(repo=REPO, identity=PersonalToken(self.token), workspace=self.folder)) as bot:
            bot.start()
            yield bot

    def run(self, text: str = PLAN, scope: Scope | None = None) -> Plan:
        """One run to where only people can go on."""
        with self.phasebot() as bot:
            id = bot.intake.submit(Submission(draft=parse(text), source="plan.md", scope=scope or Scope())).plan.id
            deadline, pause = time.monotonic() + PATIENCE, threading.Event()
            while time.monotonic() < deadline:
                plan = bot.answers.plan(id)
                if plan is not None and plan.state is not PlanState.PUBLISHING and bot.answers.settled(plan):
                    return plan
                pause.wait(0.01)
        raise AssertionError("the plan did not come to rest")

    def statuses(self, text: str = PLAN) -> dict[str, str]:
        return {phase.title: phase.status.value for phase in self.run(text)}


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Away]:
    hub = Hub(None)
    hub.create_user(BOT, kind="Bot")
    hub.create_user("ada")
    hub.create_user("eve")
    hub.create_repository(REPO)
    hub.add_collaborator(REPO, BOT, "write")
    hub.add_collaborator(REPO, "ada", "admin")
    with HubServer(hub) as server:
        yield Away(hub, server.url, hub.create_token(BOT), tmp_path)
    hub.close()
