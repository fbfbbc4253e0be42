"""A real Phasebot on a temporary database, served on a loopback port by the real server."""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from bot.tracker import BOT, person
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.serve import bind, server_for, url_of
from services.ports import Delivery

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
def asked(phasebot: Phasebot) -> Iterator[Bot]:
    """Served, and asked by whoever has its token."""
    with served(phasebot, Access(TOKEN, local_only=True)) as url:
        bot = Bot(phasebot, url)
        with bot.http:
            yield bot


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
    with asked(phasebot) as bot:
        yield bot


class Place:
    """A repository on the local tracker, and somebody who works in it."""

    def __init__(self, bot: Bot, api: httpx.Client) -> None:
        self.bot = bot
        self.api = api
        self._pause = threading.Event()
        self.project = f"{person()}/site"
        bot.phasebot.tracker.prepare(self.project)

    def opens(self, body: str, *, labels: tuple[str, ...] = ("phasebot-plan",), title: str = "Site") -> int:
        answer = self.api.post(
            f"/repos/{self.project}/issues", json={"title": title, "body": body, "labels": list(labels)}
        )
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["number"]
        return number

    def edits(self, number: int, **changes: str) -> None:
        assert self.api.patch(f"/repos/{self.project}/issues/{number}", json=changes).status_code == 200

    def says(self, number: int, body: str) -> int:
        answer = self.api.post(f"/repos/{self.project}/issues/{number}/comments", json={"body": body})
        id: int = answer.json()["id"]
        return id

    def pushes(self, path: str, text: str) -> None:
        content = base64.b64encode(text.encode()).decode()
        known = self.api.get(f"/repos/{self.project}/contents/{path}").json().get("sha")
        sha = {"sha": known} if known else {}
        answer = self.api.put(
            f"/repos/{self.project}/contents/{path}", json={"message": "m", "content": content, **sha}
        )
        assert answer.status_code in (200, 201), answer.text

    def commit(self, path: str) -> str:
        """The one that has changed a file last."""
        found = self.api.get(f"/repos/{self.project}/commits", params={"path": path}).json()
        return str(found[0]["sha"])

    def comments_on(self, commit: str) -> list[str]:
        found = self.api.get(f"/repos/{self.project}/commits/{commit}/comments").json()
        return [one["body"] for one in found]

    def issue(self, number: int) -> Any:
        return self.api.get(f"/repos/{self.project}/issues/{number}").json()

    def labels(self, number: int) -> set[str]:
        return {one["name"] for one in self.issue(number).get("labels", ())}

    def answers(self, number: int) -> list[str]:
        """What the bot has said on an issue."""
        found = self.api.get(f"/repos/{self.project}/issues/{number}/comments").json()
        return [one["body"] for one in found if one["user"]["login"] == BOT]

    def hears(self, number: int, words: str) -> str:
        """Waits until the bot has said something with these words."""
        found: list[str] = []

        def said() -> bool:
            found[:] = [one for one in self.answers(number) if words in one]
            return bool(found)

        self.until(said)
        return found[-1]

    def hears_of_push(self, commit: str, path: str) -> None:
        """A push that ended with this commit, told once more."""
        self.hears_of("push", [self.push(commit, path)])

    def push(self, commit: str, path: str) -> Any:
        return {
            "ref": "refs/heads/main",
            "before": "0" * 40,
            "after": commit,
            "commits": [{"added": [], "modified": [path]}],
            "repository": {"full_name": self.project, "default_branch": "main"},
            "sender": {"login": "ada", "type": "User"},
        }

    def hears_of(self, event: str, told: Sequence[Any]) -> None:
        """Webhooks that tell these, all at one moment; returns when they have been dealt with, and so has what follows."""
        phasebot = self.bot.phasebot
        made = [
            Delivery(
                id=uuid.uuid4().hex,
                source="github",
                event=event,
                body=json.dumps(one).encode(),
                received_at=phasebot.clock.now(),
            )
            for one in told
        ]
        phasebot.receive(*made).result()
        ids = {one.id for one in made}
        self.until(lambda: ids <= self._applied())
        self.until(lambda: phasebot.carrier.is_idle(self.project))

    def _applied(self) -> set[str]:
        found = self.bot.get("/api/deliveries", limit=200, state="applied")["deliveries"]
        return {str(one["id"]) for one in found}

    def comments(self, number: int) -> list[Any]:
        """Those of the bot, as they are on the tracker."""
        found = self.api.get(f"/repos/{self.project}/issues/{number}/comments").json()
        return [one for one in found if one["user"]["login"] == BOT]

    def until_published(self, plan: str) -> int:
        """The number of the parent, once all issues of the plan are there."""
        self.until(lambda: self.bot.get(f"/api/plans/{plan}")["state"] == "active")
        number: int = self.bot.get(f"/api/plans/{plan}")["issue_number"]
        return number

    def plans(self) -> list[Any]:
        found: list[Any] = self.bot.get("/api/plans")["plans"]
        return found

    def until(self, holds: Callable[[], bool]) -> None:
        """Looks again and again: what the bot says on the tracker is no change of a plan."""
        given_up = monotonic() + PATIENCE
        while not holds():
            assert monotonic() < given_up, "it never came about"
            self._pause.wait(0.05)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Served, with a tracker of its own that sends its webhooks here."""
    settings = Settings(database_url=str(tmp_path / "phasebot.db"), write_interval=0)
    access = Access(TOKEN, local_only=True)
    with Phasebot(settings, Options(workspace=tmp_path)) as phasebot, served(phasebot, access) as url:
        phasebot.hooks.listen(url)
        phasebot.start()
        memory = json.loads((settings.home / "localhub.json").read_text())
        headers = {"Authorization": f"Bearer {memory['person_token']}"}
        with httpx.Client(base_url=memory["url"], headers=headers, trust_env=False, timeout=PATIENCE) as api:
            bot = Bot(phasebot, url)
            with bot.http:
                yield Place(bot, api)
