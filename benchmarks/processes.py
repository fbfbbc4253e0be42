"""Whole processes: how long commands take from the shell's view, and how much memory an idle server needs."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from bot.bootstrap import Phasebot
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.serve import bind, server_for, url_of

ROOT = Path(__file__).parent.parent
TOKEN = "bench"


def seconds(command: Sequence[str], *, runs: int = 7) -> float:
    """Median wall time of a command, after one warm-up run."""
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        times.append(time.perf_counter() - began)
    return median(times[1:])


def phasebot(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("phasebot")), *arguments]


def plan_of(phases: int) -> str:
    """A plan with this many phases, eight tasks each."""
    tasks = "\n".join(f"- [ ] T{n:03} Do something in `src/part_{n}.py`" for n in range(8))
    parts = [f"## Phase {n}: Part {n}\n\n**Goal**: part {n} works.\n\n{tasks}\n" for n in range(1, phases + 1)]
    return "# A plan\n\n" + "\n".join(parts)


def memory_of_idle_server() -> float:
    """Resident megabytes of `phasebot serve`, once it answers."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, "PHASEBOT_API_TOKEN": "bench"}
        command = phasebot("serve", "--port", str(port), "--db", f"{folder}/phasebot.db")
        server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(port, server)
            time.sleep(3)  # let it settle; this is a measurement, not a test
            processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
            return sum(process.memory_info().rss for process in processes) / 1e6
        finally:
            server.terminate()
            server.wait(30)


@contextmanager
def served(phasebot: Phasebot) -> Iterator[str]:
    """The address of a server in this process, for whoever has TOKEN."""
    listener = bind("127.0.0.1", 0)
    server = server_for(create_app(phasebot, Access(TOKEN, local_only=True)))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    server.is_ready.wait()
    try:
        yield url_of(listener)
    finally:
        server.stop()
        thread.join()
        listener.close()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("phasebot serve did not answer")


def peer_startup(module: str) -> list[str]:
    """A bare command-line program of a peer library, for comparison."""
    program = {
        "click": "import click; click.command()(lambda: None)(['--help'])",
        "nothing": "pass",
    }[module]
    return [sys.executable, "-c", re.sub(r"\s+", " ", program)]
