"""A server that is spread over several processes, each with some of the roles, over one database."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from bot.roles import ALL, Role, RoleUnknown, roles_of
from tests import postgres

from .conftest import PATIENCE, TOKEN, ok
from .test_serve import SERVE, lines_until, process

PLAN = "# Site\n\n## Phase 1: Setup\n\n## Phase 2: Pages\n"
POLICY = """version: 1
defaults: {workspace: in_place, executor: local}
phases:
  - match: Setup
    operations: [{tool: command, shell: true, run: "echo $PPID > who"}]
  - match: Pages
    operations: [{tool: command, shell: true, run: "touch begun; until [ -e go ]; do sleep 0.02; done"}]
"""
OTHERS = ("inbox,outbox,clock", "jobs")


class Spread:
    """The processes by their roles, and what a test asks of the one that answers."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.database = database
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self._port}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
            timeout=PATIENCE,
        )
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self._stack = ExitStack()

    def start(self, *wanted: str) -> None:
        """All at once."""
        settings = {
            "PHASEBOT_DATABASE_URL": self.database,
            "PHASEBOT_API_TOKEN": TOKEN,
            "PHASEBOT_MARKER_KEY": "the same for all",
            "PHASEBOT_WRITE_INTERVAL": "0",
            "PHASEBOT_PORT": str(self._port),
            "XDG_DATA_HOME": str(self.folder / "data"),
        }
        for roles in wanted:
            started = process(self.folder, (*SERVE, "--role", roles), **settings)
            self.processes[roles] = self._stack.enter_context(started)
        for roles in wanted:
            lines_until(self.processes[roles], "phasebot serves" if "web" in roles else "phasebot works")

    def kill(self, roles: str) -> None:
        self.processes[roles].kill()
        self.processes[roles].wait()

    def close(self) -> None:
        self.http.close()
        self._stack.close()

    def hands_in(self) -> str:
        files = {"plan": ("site.md", PLAN), "policy": ("phasebot.yml", POLICY)}
        return str(ok(self.http.post("/api/plans", files=files))["plan"]["id"])

    def attempts(self, plan: str, serial: int) -> list[str]:
        """How those of a phase fare."""
        found = ok(self.http.get(f"/api/phases/{plan}.{serial}/attempts"))["attempts"]
        return [one["state"] for one in found]

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 2 * PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it never came about"
            time.sleep(0.05)


@contextmanager
def spread_over(folder: Path, database: str) -> Iterator[Spread]:
    spread = Spread(folder, database)
    try:
        spread.start("web")
        yield spread
    finally:
        spread.close()


@pytest.fixture
def spread(tmp_path: Path) -> Iterator[Spread]:
    with spread_over(tmp_path, str(tmp_path / "phasebot.db")) as spread:
        yield spread


def story(spread: Spread) -> None:
    """What is handed in at one process is carried out by another, and goes on when those are killed."""
    plan = spread.hands_in()
    assert spread.attempts(plan, 1) == []  # nobody is there who might start it

    spread.start(*OTHERS)
    spread.until((spread.folder / "begun").exists)
    assert spread.attempts(plan, 1) == ["succeeded"]
    assert int((spread.folder / "who").read_text()) == spread.processes["jobs"].pid

    for roles in OTHERS:
        spread.kill(roles)
    (spread.folder / "go").touch()
    spread.start(*OTHERS)
    spread.until(lambda: spread.attempts(plan, 2) == ["lost", "succeeded"])
    assert all(ok(spread.http.get(f"/api/phases/{plan}.{serial}"))["issue_number"] for serial in (1, 2))


def test_processes_share_the_work_by_their_roles(spread: Spread) -> None:
    story(spread)


@pytest.mark.postgres
def test_they_do_over_postgresql(tmp_path: Path) -> None:
    with postgres.running() as new_database, spread_over(tmp_path, new_database()) as spread:
        story(spread)


def test_what_is_cancelled_at_one_process_is_ended_by_the_one_that_runs_it(spread: Spread) -> None:
    spread.start(*OTHERS)
    plan = spread.hands_in()
    spread.until((spread.folder / "begun").exists)

    ok(spread.http.post(f"/api/phases/{plan}.2/cancel"))

    spread.until(lambda: spread.attempts(plan, 2) == ["cancelled"])
    spread.processes["jobs"].send_signal(signal.SIGTERM)
    assert spread.processes["jobs"].wait(PATIENCE) == 0  # nothing is left that it would have to wait for


@pytest.mark.parametrize(("text", "roles"), [("", ALL), ("web", {Role.WEB}), (" jobs, Clock", {Role.JOBS, Role.CLOCK})])
def test_roles_are_named_by_commas(text: str, roles: frozenset[Role]) -> None:
    assert roles_of(text) == roles


def test_a_role_that_there_is_not_is_refused() -> None:
    with pytest.raises(RoleUnknown, match=r"there is no role worker\n.*web, inbox, outbox, clock, jobs"):
        roles_of("web,worker")
