"""The whole way round: an upload becomes issues on the local tracker, and a hand on an issue comes back as an order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from bot.web.auth import Access

from .conftest import PATIENCE, TOKEN, Bot, served


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    """Served, with a tracker of its own that sends its webhooks here."""
    settings = Settings(database_url=str(tmp_path / "phasebot.db"), write_interval=0)
    access = Access(TOKEN, local_only=True)
    with Phasebot(settings, Options(workspace=tmp_path)) as phasebot, served(phasebot, access) as url:
        phasebot.hooks.listen(url)
        phasebot.start()
        bot = Bot(phasebot, url)
        with bot.http:
            yield bot


@pytest.fixture
def person(bot: Bot) -> Iterator[httpx.Client]:
    """Whoever sits at this machine, on the tracker."""
    memory = json.loads((bot.phasebot.settings.home / "localhub.json").read_text())
    headers = {"Authorization": f"Bearer {memory['person_token']}"}
    with httpx.Client(base_url=memory["url"], headers=headers, trust_env=False, timeout=PATIENCE) as client:
        yield client


def published(bot: Bot) -> Any:
    """A plan whose issues are all there."""
    id = bot.upload()["id"]
    bot.wait_until(lambda: bot.get(f"/api/plans/{id}")["phases"][0]["status"] == "running")
    return bot.get(f"/api/plans/{id}")


def patch(person: httpx.Client, plan: Any, number: int, **changes: str) -> None:
    assert person.patch(f"/repos/{plan['project']}/issues/{number}", json=changes).status_code == 200


def test_an_uploaded_plan_is_found_by_its_parent_issue(bot: Bot, person: httpx.Client) -> None:
    plan = published(bot)

    phases = bot.get(f"/api/queue/{plan['issue_number']}")["phases"]

    assert [phase["queue_id"] for phase in phases] == [phase["queue_id"] for phase in plan["phases"]]
    for phase in phases:
        issue = person.get(f"/repos/{plan['project']}/issues/{phase['issue_number']}").json()
        assert phase["phase_data"]["title"] in issue["title"]
    assert person.get(plan["issue_url"]).status_code == 200


def test_a_child_closed_by_hand_completes_its_phase_and_starts_the_next(bot: Bot, person: httpx.Client) -> None:
    plan = published(bot)
    setup, pages, _ = plan["phases"]

    patch(person, plan, setup["issue_number"], state="closed", state_reason="completed")

    bot.wait_until(lambda: bot.get(f"/api/phases/{pages['queue_id']}")["status"] == "running")
    assert bot.get(f"/api/phases/{setup['queue_id']}")["status"] == "completed"


def test_a_parent_closed_by_hand_cancels_the_plan(bot: Bot, person: httpx.Client) -> None:
    plan = published(bot)

    patch(person, plan, plan["issue_number"], state="closed", state_reason="not_planned")

    bot.wait_until(lambda: bot.get(f"/api/plans/{plan['id']}")["status"] == "cancelled")
