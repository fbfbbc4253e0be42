"""DBOS Transact on SQLite: one workflow a plan, one step a phase, workflows on a pool of threads."""

from __future__ import annotations

import time
from itertools import pairwise

from dbos import DBOS, DBOSConfig

from benchmarks.contenders._result import report, task

times: list[tuple[float, float]] = []


@DBOS.step()  # type: ignore[untyped-decorator, unused-ignore]
def phase() -> None:
    now = time.perf_counter()
    times.append((now, now))


@DBOS.workflow()  # type: ignore[untyped-decorator, unused-ignore]
def plan(phases: int) -> None:
    for _ in range(phases):
        phase()


def main() -> None:
    asked = task()
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": f"sqlite:///{asked.folder / 'dbos.db'}",
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
    began = time.perf_counter()
    handles = [DBOS.start_workflow(plan, asked.phases) for _ in range(asked.plans)]
    for handle in handles:
        handle.get_result()
    seconds = time.perf_counter() - began
    DBOS.destroy()
    ordered = sorted(times)
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(ordered)]
    report(len(times), seconds, gaps if asked.plans == 1 else ())


if __name__ == "__main__":
    main()
