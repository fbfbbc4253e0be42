"""Webhook ingestion: deliveries a second that are verified, parsed, deduplicated and durable before their 202, beside a Probot
app and a plain FastAPI one that store theirs in SQLite the same way. Real payloads of 8–25 KB over 32 connections."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import psutil

from benchmarks.contest import fresh_folder
from tests.payloads.packages import npm
from tests.payloads.payloads import examples

HERE = Path(__file__).parent
CONNECTIONS = 32
LEGS = 10
WARM_UP = 3.0
"""Seconds. What is loaded with the first delivery, and compiled with the first thousands, is there by then."""

PATIENCE = 180
"""Seconds after which no other leg is begun."""

SECRET = "a secret"
EVENTS = ("issues", "issue_comment")


@dataclass(frozen=True, slots=True)
class Run:
    """One contender once: deliveries, deliveries a second, the slowest of a hundred in ms, microseconds of the processor for
    each, the share of one that sending them took; resident MB after each tenth."""

    deliveries: int
    rate: float
    p99: float
    cost: float
    sender: float
    memory: tuple[float, ...]


def show(*, deliveries: int = 8_000, heats: int = 3, steady: int = 100_000) -> None:
    """All contenders in turn, then phasebot for long enough to see whether its memory grows."""
    contenders = {"phasebot": _phasebot, "Probot": _probot, "plain FastAPI": _fastapi}
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for _ in range(heats):
        for name, command in contenders.items():
            runs[name].append(_measured(command, deliveries))
    ours = median(run.rate for run in runs["phasebot"])
    print(f"Webhooks of 8–25 KB, {CONNECTIONS} connections, SQLite with fsync before each 202")
    print(f"  {'':16}{'deliveries/s':>14}{'ratio':>8}{'p99 ms':>9}{'µs each':>9}{'sending':>9}")
    for name, made in runs.items():
        rate, p99, cost, sender = (
            median(figures)
            for figures in zip(*((one.rate, one.p99, one.cost, one.sender) for one in made), strict=True)
        )
        print(f"  {name:16}{rate:14,.0f}{rate / ours:8.2f}{p99:9.1f}{cost:9.0f}{sender:9.0%}")
    print("  µs each: of the processor, for one delivery; sending: the share of one core that the sender needs")
    if steady:
        long = _measured(_phasebot, steady)
        print(f"  phasebot, {long.deliveries:,} deliveries: {long.rate:,.0f}/s, p99 {long.p99:.1f} ms")
        print(f"  resident MB after each {steady // 10:,}: {' '.join(f'{mb:.0f}' for mb in long.memory)}")
    print()


def _phasebot(port: int, folder: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.contenders.webhooks_phasebot", str(port), str(folder), SECRET]


def _fastapi(port: int, folder: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.contenders.webhooks_fastapi", str(port), str(folder), SECRET]


def _probot(port: int, folder: Path) -> list[str]:
    return ["node", str(_installed() / "app.mjs"), str(port), str(folder / "probot.db"), SECRET]


def _installed() -> Path:
    """The Probot app with its packages, as the lock file names them."""
    names = ("package.json", "package-lock.json", "app.mjs")
    digest = hashlib.sha256(b"".join((HERE / "probot" / name).read_bytes() for name in names)).hexdigest()[:16]
    folder = HERE.parent / ".cache" / "probot" / digest
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(HERE / "probot", folder)
        subprocess.run([*npm(), "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, stdout=sys.stderr)
        (folder / "complete").touch()
    return folder


# ---------------------------------------------------------------- one run


def _measured(command: object, deliveries: int) -> Run:
    with fresh_folder() as folder, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        probe.close()
        assert callable(command)
        server = subprocess.Popen(command(port, folder), cwd=HERE.parent, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            assert server.stdout.readline().strip() == "ready", "the contender did not start"
            return asyncio.run(_fire(port, deliveries, psutil.Process(server.pid)))
        finally:
            server.terminate()
            server.wait(60)


async def _fire(port: int, deliveries: int, process: psutil.Process) -> Run:
    """In ten legs, after some to warm up; the last ones are left out where they would take too long."""
    requests, taken, memory, each = _requests(), list[float](), list[float](), deliveries // LEGS // CONNECTIONS
    await _until_there(port)
    began = time.perf_counter()
    while time.perf_counter() - began < WARM_UP:
        await _leg(port, requests, each)
    began, ours, theirs = time.perf_counter(), time.process_time(), _processor(process)
    while len(memory) < LEGS and time.perf_counter() - began < PATIENCE:
        taken += await _leg(port, requests, each)
        memory.append(process.memory_info().rss / 1e6)
    seconds = time.perf_counter() - began
    return Run(
        deliveries=len(taken),
        rate=len(taken) / seconds,
        p99=quantiles(taken, n=100)[98] * 1000,
        cost=(_processor(process) - theirs) / len(taken) * 1e6,
        sender=(time.process_time() - ours) / seconds,
        memory=tuple(memory),
    )


def _processor(process: psutil.Process) -> float:
    """Seconds of it that were used so far, in the system's name as well."""
    used = process.cpu_times()
    return used.user + used.system


async def _leg(port: int, requests: Sequence[tuple[bytes, bytes]], each: int) -> list[float]:
    times = await asyncio.gather(*(_connection(port, requests, each) for _ in range(CONNECTIONS)))
    return [one for connection in times for one in connection]


async def _until_there(port: int) -> None:
    for _ in range(200):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise SystemExit("the contender does not answer")


async def _connection(port: int, requests: Sequence[tuple[bytes, bytes]], count: int) -> list[float]:
    """One delivery after the other; the seconds each took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for number in range(count):
        head, body = requests[number % len(requests)]
        began = time.perf_counter()
        writer.write(head.replace(b"GUID", str(uuid.uuid4()).encode()) + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if answer[9:12] not in (b"200", b"202"):
            raise SystemExit(f"refused: {answer!r}")
        await _skip_body(reader, answer.lower())
        times.append(time.perf_counter() - began)
    writer.close()
    return times


async def _skip_body(reader: asyncio.StreamReader, head: bytes) -> None:
    length = head.partition(b"content-length: ")[2].partition(b"\r")[0]
    if length:
        await reader.readexactly(int(length))
    elif b"chunked" in head:
        await reader.readuntil(b"0\r\n\r\n")


def _requests() -> list[tuple[bytes, bytes]]:
    """Head and body of one request for each payload; the head still wants its GUID."""
    found = []
    for payload in examples():
        if payload.event not in EVENTS:
            continue
        issue = {**payload.json["issue"], "labels": []}  # a label is a reason to ask GitHub, which is not measured here
        body = json.dumps({**payload.json, "issue": issue}, separators=(",", ":")).encode()
        if 8_000 <= len(body) <= 25_000:
            signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            head = (
                "POST /webhooks/github HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"User-Agent: GitHub-Hookshot/bench\r\nX-GitHub-Event: {payload.event}\r\nX-GitHub-Delivery: GUID\r\n"
                f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            found.append((head.encode(), body))
    return found


if __name__ == "__main__":
    show()
