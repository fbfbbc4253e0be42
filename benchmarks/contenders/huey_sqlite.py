"""Huey on SQLite (fsync on): each task enqueues the next of its chain; a consumer with worker threads in this process."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

from huey import SqliteHuey

from benchmarks.contenders._result import report, task


def main() -> None:
    asked = task()
    huey = SqliteHuey(filename=str(asked.folder / "huey.db"), fsync=True, results=False)
    finished = threading.Semaphore(0)
    times: list[tuple[float, float]] = []

    @huey.task()  # type: ignore[untyped-decorator]
    def phase(left: int) -> None:
        started = time.perf_counter()
        if left > 1:
            phase(left - 1)
        times.append((started, time.perf_counter()))
        finished.release()

    consumer = huey.create_consumer(workers=4, worker_type="thread", initial_delay=0.001, max_delay=0.01)
    began = time.perf_counter()
    for _ in range(asked.plans):
        phase(asked.phases)
    consumer.start()
    for _ in range(asked.total):
        finished.acquire()
    seconds = time.perf_counter() - began
    consumer.stop()
    ordered = sorted(times)
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(ordered)]
    report(asked.total, seconds, gaps if asked.plans == 1 else ())


if __name__ == "__main__":
    main()
