"""`serve` as a process of its own: what it prints, how it ends, what it costs."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

import httpx
import psutil
import pytest
from pydantic import SecretStr

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from bot.web.auth import BindingRefused
from bot.web.serve import PortTaken, bind, serve, url_of

from .conftest import PATIENCE, PLAN

LARGEST_IDLE = 120 * 1024 * 1024


ROOT = Path(__file__).parents[2]

SERVE = ("-m", "bot", "serve")
WITHOUT_ISSUES = (
    "-c",
    "from bot.bootstrap import Options, Phasebot\n"
    "from bot.settings import read_settings\n"
    "from bot.web.serve import serve\n"
    "with Phasebot(read_settings(), Options(issues=False)) as phasebot:\n"
    "    serve(phasebot)\n",
)
"""The same, with no tracker beside it."""

WAITS_FOR_A_FILE = """version: 1
phases:
  - match: Setup
    executor: local
    workspace: in_place
    operations: [{tool: command, shell: true, run: "touch begun; until [ -e go ]; do sleep 0.02; done"}]
"""


@contextmanager
def process(folder: Path, what: tuple[str, ...] = SERVE, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A server on a free port, which works in this folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PHASEBOT_", "GITHUB_"))}
    environment |= {"PHASEBOT_DATABASE_URL": str(folder / "phasebot.db"), "PHASEBOT_PORT": "0"} | settings
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, *what]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def lines_until(started: subprocess.Popen[str], last: str) -> str:
    """What it prints, up to the line that begins like this."""
    assert started.stdout is not None
    printed = ""
    for line in started.stdout:
        printed += line
        if line.startswith(last):
            return printed
    raise AssertionError(printed)


def client(printed: str) -> httpx.Client:
    found, token = re.search(r"http://\S+", printed), re.search(r"API token of this run: (\S+)", printed)
    assert found
    assert token
    headers = {"Authorization": f"Bearer {token[1]}"}
    return httpx.Client(base_url=found[0], headers=headers, trust_env=False, timeout=PATIENCE)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_where_and_with_which_token_and_ends_in_peace(tmp_path: Path, ending: signal.Signals) -> None:
    with process(tmp_path) as started:
        printed = lines_until(started, "webhooks")
        with client(printed) as http:
            assert http.get("/readyz").json() == {"status": "ok"}
            assert http.get("/api/plans").json() == {"plans": [], "next": None}

        started.send_signal(ending)

        assert started.wait(PATIENCE) == 0


def test_with_a_configured_token_none_is_printed(tmp_path: Path) -> None:
    with process(tmp_path, PHASEBOT_API_TOKEN="mine", PHASEBOT_WEBHOOK_SECRET="s") as started:
        printed = lines_until(started, "webhooks")

    assert "token" not in printed
    assert "mine" not in printed
    assert "/webhooks/github" in printed


def test_idle_it_takes_less_than_120_mb(tmp_path: Path) -> None:
    with process(tmp_path) as started:
        with client(lines_until(started, "webhooks")) as http:
            assert http.get("/api/queue").status_code == 200

        assert psutil.Process(started.pid).memory_info().rss < LARGEST_IDLE


def test_what_was_handed_in_is_there_after_a_kill(tmp_path: Path) -> None:
    with process(tmp_path) as started, client(lines_until(started, "webhooks")) as http:
        answer = http.post("/api/plans", content=PLAN, params={"start": False})
        assert answer.status_code == 201
        started.kill()

    with process(tmp_path) as started, client(lines_until(started, "webhooks")) as http:
        assert [plan["title"] for plan in http.get("/api/plans").json()["plans"]] == ["Site"]


def test_without_a_secret_it_says_that_webhooks_are_refused(tmp_path: Path) -> None:
    with process(tmp_path, WITHOUT_ISSUES) as started:
        assert "PHASEBOT_WEBHOOK_SECRET is not set" in lines_until(started, "webhooks")


def test_what_runs_is_finished_before_the_end(tmp_path: Path) -> None:
    with process(tmp_path, WITHOUT_ISSUES) as started:
        with client(lines_until(started, "webhooks")) as http:
            files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", WAITS_FOR_A_FILE)}
            plan = http.post("/api/plans", files=files).json()["plan"]["id"]
            wait_for_event(http, plan, "phase_running")
        started.send_signal(signal.SIGTERM)
        lines_until(started, "ending")

        (tmp_path / "go").touch()

        assert started.wait(PATIENCE) == 0
    with closing(sqlite3.connect(tmp_path / "phasebot.db")) as database:
        states = database.execute("SELECT state FROM phases ORDER BY ordinal").fetchall()
    assert states == [("completed",), ("running",), ("waiting",)]  # the second is a person's work, and needs no process


def wait_for_event(http: httpx.Client, plan: str, kind: str) -> None:
    """The trail is asked again and again: another process writes it."""
    deadline = monotonic() + PATIENCE
    while kind not in {event["kind"] for event in http.get("/api/events", params={"plan": plan}).json()["events"]}:
        assert monotonic() < deadline


def test_a_binding_that_others_could_reach_is_refused_before_anything_starts(tmp_path: Path) -> None:
    settings = Settings(database_url=str(tmp_path / "db"), host="0.0.0.0", port=0)
    said: list[str] = []

    with Phasebot(settings, Options(issues=False)) as phasebot, pytest.raises(BindingRefused):
        serve(phasebot, said.append)

    assert said == []


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(database_url=str(tmp_path / "db"), port=port, api_token=SecretStr("t"))

        with (
            Phasebot(settings, Options(issues=False)) as phasebot,
            pytest.raises(PortTaken, match=f"^127.0.0.1:{port}: cannot listen: Address already in use\n"),
        ):
            serve(phasebot)


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")]
)
def test_the_address_shown_is_one_that_can_be_reached(host: str, shown: str) -> None:
    with bind(host, 0) as listener:
        assert url_of(listener) == f"http://{shown}:{listener.getsockname()[1]}"
