"""A real Phasebot on a temporary database, served on a loopback port by the real server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.serve import bind, server_for, url_of

SECRET = "It's a Secret to Everybody"
TOKEN = "the-token"
PATIENCE = 20.0  # seconds until a test gives up waiting

PLAN = """# Site

Build the site.

## Phase 1: Setup

Lay the ground. See docs/ground.md.

- [ ] T001 Make folders

## Phase 2: Pages

Write the pages.

## Phase 3: Release

Put it online.
"""


class Bot:
    """One served process, and what a test asks of it."""

    def __init__(self, phasebot: Phasebot, url: str) -> None:
        self.phasebot = phasebot
        self.url = url
        self.http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=PATIENCE
        )

    def get(self, path: str, **query: Any) -> Any:
        return ok(self.http.get(path, params=query))

    def post(self, path: str, json: Any = None, **query: Any) -> Any:
        return ok(self.http.post(path, json=json, params=query))

    def upload(self, plan: str = PLAN, **query: Any) -> Any:
        """The plan that was made of it."""
        return ok(self.http.post("/api/plans", content=plan, params=query))["plan"]

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Looks again after each commit that changed a plan."""
        changed = threading.Condition()

        def notice(_: object) -> None:
            with changed:
                changed.notify_all()

        forget = self.phasebot.watch(notice)
        try:
            with changed:
                assert changed.wait_for(holds, PATIENCE)
        finally:
            forget()


def ok(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def error_of(answer: httpx.Response, status: int) -> Any:
    """The error, which has to be the envelope with this status, whatever went wrong."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json().values()
    assert set(error) == {"type", "message", "details", "request_id"}
    assert error["message"]
    assert error["request_id"] == answer.headers["x-request-id"]
    return error


@contextmanager
def served(phasebot: Phasebot, access: Access, app: FastAPI | None = None) -> Iterator[str]:
    """The URL of the server, which runs as long as the context."""
    listener = bind("127.0.0.1", 0)
    server = server_for(app or create_app(phasebot, access))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        assert server.is_ready.wait(PATIENCE)
        yield url_of(listener)
    finally:
        server.stop()
        thread.join()
        listener.close()


@contextmanager
def running_bot(folder: Path, **settings: Any) -> Iterator[Phasebot]:
    made = Settings(database_url=str(folder / "phasebot.db"), **settings)
    with Phasebot(made, Options(workspace=folder, issues=False)) as phasebot:
        phasebot.start()
        yield phasebot


@pytest.fixture
def phasebot(tmp_path: Path) -> Iterator[Phasebot]:
    with running_bot(tmp_path, webhook_secret=SecretStr(SECRET), api_tools="noop") as phasebot:
        yield phasebot


@pytest.fixture
def bot(phasebot: Phasebot) -> Iterator[Bot]:
    with served(phasebot, Access(TOKEN, local_only=True)) as url:
        bot = Bot(phasebot, url)
        with bot.http:
            yield bot
