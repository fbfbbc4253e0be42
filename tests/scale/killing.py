"""The storm on workers whose server is killed and comes back while they go on."""

from __future__ import annotations

import random
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.scale.conftest import ROOT, Yard
from tests.scale.redis_server import RedisServer
from tests.scale.storm import PATIENCE, Weather

LEASE = 3.0
_ENDED = "SELECT count(*) FROM attempts WHERE finished_at IS NOT NULL"
_STATES = "SELECT state, count(*) FROM phases GROUP BY state"
_RESULTS = "SELECT p.ordinal FROM attempts a JOIN phases p ON p.id = a.phase_id WHERE a.state = 'succeeded'"


class Doomed:
    """A server in a process of its own, always on the same port and over the same database."""

    def __init__(self, folder: Path, redis: RedisServer, weather: Weather) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._database = folder / "phasebot.db"
        given = (folder, redis.url, port, LEASE, weather.seed, weather.width, weather.depth)
        self._command = [sys.executable, "-m", "tests.scale.server", *map(str, given)]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns once it serves."""
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("phasebot serves"), "the server did not start"

    def kill(self) -> None:
        """SIGKILL: whatever it had in mind is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None

    def ask(self, question: str) -> list[tuple[object, ...]]:
        """Of its database, while it is at work."""
        with closing(sqlite3.connect(self._database, timeout=20)) as database:
            return database.execute(question).fetchall()


def under_a_killed_server(folder: Path, weather: Weather, *, kills: int = 8, workers: int = 3) -> None:
    """Each kill comes at any moment between two ends of attempts. The workers are never told."""
    redis = RedisServer(folder)
    redis.start()
    yard, server, chance = Yard(folder, redis, lease=LEASE), Doomed(folder, redis, weather), random.Random(weather.seed)
    yard.workspace.mkdir()
    try:
        server.start()
        for _ in range(workers):
            yard.worker(server=server.url)
        for _ in range(kills):
            _kill(server, chance)
        _until(lambda: server.ask(_STATES) == [("completed", weather.count)])
        assert Counter(ordinal for (ordinal,) in server.ask(_RESULTS)) == dict.fromkeys(weather.needs, 1)
    finally:
        server.kill()
        yard.close()
        redis.kill()
    assert weather.found(yard.workspace) == weather.sequential()


def _kill(server: Doomed, chance: random.Random) -> None:
    """After the next end of an attempt, and a moment; unless everything has ended."""
    before = server.ask(_ENDED)
    _until(lambda: server.ask(_ENDED) != before or len(server.ask(_STATES)) == 1)
    threading.Event().wait(chance.uniform(0, 0.3))
    server.kill()
    server.start()


def _until(holds: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while not holds():
        assert time.monotonic() < deadline, "the storm did not pass"
        pause.wait(0.05)
