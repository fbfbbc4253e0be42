"""Phases through Redis beside bare RQ: the time from the end of one job to the end of the next, with one worker.

RQ gets jobs that do nothing. A phase that does nothing is claimed, put into the queue, taken, carried out and reported, each
of them durable; of bare RQ nothing outlives its Redis.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from redis import Redis
from rq import Queue
from rq.job import Job

from services.domain.rules import Operation, Rules
from services.planning.draft import PhaseDraft
from tests.scale.conftest import ROOT, Yard
from tests.scale.redis_server import RedisServer

JOBS = 60
NOTHING = "time.time"
"""A job that does nothing, and that costs the worker of RQ no import."""


def show() -> None:
    """Figure to reach: at most 1.3 times bare RQ."""
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder))
        redis.start()
        try:
            bare, ours = _bare(redis), _ours(Path(folder), redis)
        finally:
            redis.kill()
    print(f"{JOBS} jobs through Redis, one worker: RQ {bare:.1f} ms a job, phasebot {ours:.1f} ms ({ours / bare:.2f})")


def _bare(redis: RedisServer) -> float:
    with Redis.from_url(redis.url) as connection:
        queue = Queue("bare", connection=connection)
        jobs = [queue.enqueue(NOTHING) for _ in range(JOBS)]
        command = [sys.executable, "-m", "rq.cli", "worker", "--burst", "--quiet", "--url", redis.url, "bare"]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT)
        ends = sorted(_ended(job) for job in jobs)
    return _apart(ends)


def _ended(job: Job) -> float:
    job.refresh()  # type: ignore[no-untyped-call]
    assert job.ended_at is not None
    return job.ended_at.timestamp()


def _ours(folder: Path, redis: RedisServer) -> float:
    yard = Yard(folder, redis, lease=60)
    yard.workspace.mkdir()
    text = "# Many\n\n" + "\n".join(f"## Phase {n}: P{n}\n\nNo dependencies.\n" for n in range(1, JOBS + 1))
    try:
        with yard.server():
            id = yard.submit(text, _rules)
            yard.worker(hands=1)
            plan = yard.until_settled(id)
    finally:
        yard.close()
    ends = sorted(phase.finished_at.timestamp() for phase in plan if phase.finished_at is not None)
    assert len(ends) == JOBS
    return _apart(ends)


def _rules(_phase: PhaseDraft) -> Rules:
    return Rules(executor="local", operations=(Operation("noop", {}),))


def _apart(ends: list[float]) -> float:
    """Milliseconds between two ends, the median: what else the machine does in between is nobody's fault."""
    gaps = sorted(later - earlier for earlier, later in pairwise(ends))
    return gaps[len(gaps) // 2] * 1000
