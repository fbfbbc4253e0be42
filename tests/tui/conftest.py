"""A server with plans of every kind in it, issues on a tracker of its own, and phases that really run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from bot.tui.app import Tui
from bot.tui.link import Link
from tests.web.conftest import PATIENCE, TOKEN, Bot, asked, ok

GATE = "gate"
"""The phase that runs ends when this file is there."""

PLAN = """# Site

Build the site.

## Phase 1: Setup

Lay the ground, with **care**.

## Phase 2: Tests

Try it [bold]all[/bold].

Depends on Phase 1

## Phase 3: Pages

Depends on Phase 1

## Phase 4: Release

Depends on Phase 2, Phase 3
"""

POLICY = f"""version: 1
defaults: {{retries: 0, workspace: in_place}}
phases:
  - match: Setup
    executor: local
    operations: [{{tool: command, run: ["printf", 'first line\\n\\033[31mred\\033[0m line\\n']}}]
  - match: Tests
    executor: local
    operations: [{{tool: command, run: "sh -c 'test -e fixed || {{ echo one test failed; exit 2; }}'"}}]
  - match: Pages
    executor: local
    operations:
      - {{tool: command, run: "sh -c 'echo begun; until test -e {GATE}; do sleep 0.05; done; echo ended'"}}
"""


class Stage:
    """The server, and where its phases work."""

    def __init__(self, bot: Bot, folder: Path) -> None:
        self.bot = bot
        self.folder = folder

    def upload(self, plan: str = PLAN, policy: str = POLICY) -> Any:
        files = {"plan": ("site.md", plan), "policy": ("phasebot.yml", policy)}
        return ok(self.bot.http.post("/api/plans", files=files))["plan"]

    def open_gate(self) -> None:
        (self.folder / GATE).touch()

    def statuses(self, plan: str) -> list[str]:
        return [phase["status"] for phase in self.bot.get(f"/api/plans/{plan}")["phases"]]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    settings = Settings(database_url=str(tmp_path / "phasebot.db"), api_tools="command")
    options = Options(workspace=tmp_path, workers=2)
    with Phasebot(settings, options) as phasebot:
        phasebot.start()
        with asked(phasebot) as bot:
            stage = Stage(bot, tmp_path)
            yield stage
            stage.open_gate()


class Eyes:
    """Reads the screen of an application, and presses keys."""

    def __init__(self, app: Tui, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    def read(self) -> str:
        """What stands on the screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    async def sees(self, *texts: str, holds: Callable[[str], bool] = lambda _: True) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            await self.pilot.pause()
            seen = self.read()
            if all(text in seen for text in texts) and holds(seen):
                return seen
            assert time.monotonic() < deadline, f"{texts} not on the screen:\n{seen}"
            await asyncio.sleep(0.02)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)


def looking(
    url: str, look: Callable[[Eyes], Awaitable[None]], *, size: tuple[int, int] = (80, 24), token: str = TOKEN
) -> None:
    """Run the application at this server and look at it."""

    async def run() -> None:
        app = Tui(Link(url, token))
        async with app.run_test(size=size, notifications=True) as pilot:
            await look(Eyes(app, pilot))

    asyncio.run(run())
