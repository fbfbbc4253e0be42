"""Bare SQL: three durable commits a phase (claim, finish, unlock), one after the other. The floor of doing it plainly."""

from __future__ import annotations

import sqlite3
import time

from benchmarks.contenders._result import report, task


def main() -> None:
    asked = task()
    database = sqlite3.connect(asked.folder / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE phases (plan INTEGER, phase INTEGER, state TEXT, PRIMARY KEY (plan, phase))")
    rows = [(plan, phase, "waiting") for plan in range(asked.plans) for phase in range(asked.phases)]
    database.executemany("INSERT INTO phases VALUES (?, ?, ?)", rows)
    gaps, ended = [], None
    began = time.perf_counter()
    for plan, phase, _ in rows:
        for state in ("running", "finished", "unlocked"):
            database.execute("UPDATE phases SET state = ? WHERE plan = ? AND phase = ?", (state, plan, phase))
            if state == "running" and ended is not None:
                gaps.append(time.perf_counter() - ended)
            ended = time.perf_counter()
    report(asked.total, time.perf_counter() - began, gaps)


if __name__ == "__main__":
    main()
