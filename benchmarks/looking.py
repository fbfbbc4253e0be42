"""Looking: pages of the API over a store of 1,000 plans and 10,000 phases, and what 200 followers cost those who work."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from benchmarks.parsing import milliseconds
from benchmarks.processes import plan_of
from bot.bootstrap import Options, Phasebot
from bot.intake import Submission
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.serve import bind, server_for, url_of
from services.domain.messages import PausePlan
from services.planning.parser import parse

PLANS, PHASES = 1000, 10
TOKEN = "bench"
FOLLOWERS = 200


def show() -> None:
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as (phasebot, url):
        print(f"Looking at {PLANS:,} plans and {PLANS * PHASES:,} phases, median milliseconds at the client")
        ids = _filled(phasebot)
        with httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=60
        ) as http:
            for path in ("queue", "queue?status=queued", "plans", f"plans/{ids[500]}", f"phases/{ids[500]}.3"):
                print(f"  GET /api/{path.replace(ids[500], '{id}'):28}{_time(http, f'/api/{path}'):8.1f}")
        alone = _orders(phasebot, ids[:400])
        with _followers(url):
            followed = _orders(phasebot, ids[400:800])
        told = f"{alone * 1000:.0f} ms alone, {followed * 1000:.0f} ms with {FOLLOWERS} followers"
        print(f"400 orders, CPU of the server: {told}\n")


def _time(http: httpx.Client, path: str) -> float:
    return milliseconds(lambda: http.get(path).raise_for_status())


def _filled(phasebot: Phasebot) -> list[str]:
    draft = parse(plan_of(PHASES), max_phases=100)
    return [
        phasebot.intake.submit(Submission(draft=draft, source=f"bench/{n}", project="ada/site", start=True)).plan.id
        for n in range(PLANS)
    ]


def _orders(phasebot: Phasebot, ids: list[str]) -> float:
    """Seconds of this process's CPU: with a busy machine, the clock on the wall says little."""
    began = time.process_time()
    for id in ids:
        phasebot.order(PausePlan(plan=id, cause=f"bench/{id}"))
    return time.process_time() - began


@contextmanager
def _served(folder: Path) -> Iterator[tuple[Phasebot, str]]:
    settings = Settings(database_url=str(folder / "bench.db"), requests_per_minute=1_000_000)
    access = Access(TOKEN, local_only=True)
    with Phasebot(settings, Options(workspace=folder, issues=False)) as phasebot:
        phasebot.start()
        listener = bind("127.0.0.1", 0)
        server = server_for(create_app(phasebot, access))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        server.is_ready.wait()
        try:
            yield phasebot, url_of(listener)
        finally:
            server.stop()
            thread.join()
            listener.close()


@contextmanager
def _followers(url: str) -> Iterator[None]:
    """In a process of their own, so that only what they cost the server counts."""
    code = "import sys, asyncio; from benchmarks.looking import follow; asyncio.run(follow(sys.argv[1]))"
    with subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


async def follow(url: str) -> None:
    """Says when all of them are connected."""

    async def one(ready: asyncio.Semaphore) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with connect(url.replace("http", "ws") + "/ws", additional_headers=headers) as socket:
            await socket.recv()
            ready.release()
            async for _ in socket:
                pass

    ready = asyncio.Semaphore(0)
    tasks = [asyncio.ensure_future(one(ready)) for _ in range(FOLLOWERS)]
    for _ in tasks:
        await ready.acquire()
    print("ready", flush=True)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    show()
