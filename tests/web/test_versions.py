"""Of several who have looked at one version of a plan, one alone may change it, whichever server each of them asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from bot.web.auth import Access
from tests import postgres

from .conftest import TOKEN, Bot, served

ROUNDS = 6
AT_ONCE = 4


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(tmp_path / "phasebot.db")
        return
    with postgres.running() as new_database:
        yield new_database()


@pytest.fixture
def servers(database: str, tmp_path: Path) -> Iterator[list[Bot]]:
    """Two processes' worth, on one database."""
    with ExitStack() as stack:
        yield [_server(stack, database, tmp_path) for _ in range(2)]


def _server(stack: ExitStack, database: str, folder: Path) -> Bot:
    phasebot = stack.enter_context(Phasebot(Settings(database_url=database), Options(workspace=folder, issues=False)))
    phasebot.start()
    bot = Bot(phasebot, stack.enter_context(served(phasebot, Access(TOKEN, local_only=True))))
    stack.enter_context(bot.http)
    return bot


def test_one_of_several_at_once_passes(servers: list[Bot]) -> None:
    plan = servers[0].upload()["id"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(ROUNDS):
            version = servers[0].get(f"/api/plans/{plan}")["version"]

            def ask(place: int, version: int = version, number: int = number) -> httpx.Response:
                body = {"priority": 1 + number * AT_ONCE + place, "version": version}
                return servers[place % 2].http.post(f"/api/plans/{plan}/priority", json=body)

            answers = list(pool.map(ask, range(AT_ONCE)))

            assert Counter(one.status_code for one in answers) == {200: 1, 409: AT_ONCE - 1}
            refused: list[Any] = [one.json()["error"] for one in answers if one.status_code == 409]
            assert {one["type"] for one in refused} == {"stale_version"}
            won = next(place for place, one in enumerate(answers) if one.status_code == 200)
            assert servers[1].get(f"/api/plans/{plan}")["priority"] == 1 + number * AT_ONCE + won


def test_phases_that_are_added_at_once_are_all_there(servers: list[Bot]) -> None:
    plan = servers[0].upload()["id"]

    def add(place: int) -> httpx.Response:
        return servers[place % 2].http.post("/api/queue/enqueue", json={"plan": plan, "title": f"More {place}"})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(add, range(AT_ONCE)))

    assert {one.status_code for one in answers} == {201}
    titles = {one["phase_data"]["title"] for one in servers[0].get(f"/api/plans/{plan}")["phases"]}
    assert {f"More {place}" for place in range(AT_ONCE)} <= titles
