"""Following: what 200 clients at `/ws` cost those who work."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.asyncio.client import connect

from benchmarks.contest import compete
from benchmarks.processes import ROOT, TOKEN, served
from bot.bootstrap import Phasebot

FOLLOWERS = 200
TARGET = 1.05


def show(*, plans: int = 300, heats: int = 7) -> None:
    alone, followed = compete(("phasebot_sqlite", "phasebot_followed"), plans=plans, phases=10, heats=heats)
    assert alone.cpu is not None
    assert followed.cpu is not None
    print(
        f"{plans} plans of 10 phases, {FOLLOWERS} clients following over WebSocket: times as long as without (target {TARGET})"
    )
    print(
        f"  by the clock {alone.rate / followed.rate:.3f} ({alone.rate:.0f} and {followed.rate:.0f} phases/s), ", end=""
    )
    print(
        f"of the processor {followed.cpu / alone.cpu:.3f} ({alone.cpu * 1e6:.0f} and {followed.cpu * 1e6:.0f} µs a phase)\n"
    )


@contextmanager
def followed(phasebot: Phasebot) -> Iterator[None]:
    """Clients in a process of their own, so that only what they cost the server counts."""
    code = "import sys, asyncio; from benchmarks.following import follow; asyncio.run(follow(sys.argv[1]))"
    with served(phasebot) as url:
        command = [sys.executable, "-c", code, url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
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
        async with connect(url.replace("http", "ws") + "/ws", additional_headers=headers, proxy=None) as socket:
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
