"""`make bench`: the main figures, phasebot beside its peers in one run. Ratios count; absolute times are this machine's."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import execution, following, ingestion, looking, parsing, queue_jobs, reacting
from benchmarks.contest import Standing, compete
from benchmarks.processes import memory_of_idle_server, peer_startup, phasebot, plan_of, seconds

CONTENDERS = ("phasebot_sqlite", "bare_sql", "huey_sqlite", "dbos_sqlite")


def main() -> None:
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}\n")
    loaded = compete(CONTENDERS, plans=100, phases=10, heats=3)
    show("100 plans of 10 chained no-op phases, SQLite with fsync", loaded, gaps=False)
    alone = compete(CONTENDERS, plans=1, phases=10, heats=5)
    show("1 plan of 10 chained no-op phases", alone, gaps=True)
    long = compete(CONTENDERS[:3], plans=1, phases=300, heats=3)
    show("1 plan of 300 chained no-op phases (set-up spread over more of them)", long, gaps=True)
    parsing.show()
    if alone[0].gap is not None:
        print(
            f"Dispatch of 10 phases: {10 * alone[0].gap * 1000:.0f} ms in all, from the end of one to the start of the next"
        )
    reacting.show()
    execution.show()
    looking.show()
    following.show()
    ingestion.show()
    queue_jobs.show()
    processes()


def show(title: str, standings: Sequence[Standing], *, gaps: bool) -> None:
    ours = standings[0]
    print(title)
    print(f"  {'':18}{'phases/s':>10}{'ratio':>8}{'fsyncs/phase':>14}" + (f"{'gap ms':>9}{'ratio':>8}" if gaps else ""))
    for one in standings:
        fsyncs = "-" if one.fsyncs is None else f"{one.fsyncs:.2f}"
        line = f"  {one.name:18}{one.rate:10.0f}{one.rate / ours.rate:8.2f}{fsyncs:>14}"
        if gaps and one.gap is not None and ours.gap:
            line += f"{one.gap * 1000:9.2f}{one.gap / ours.gap:8.2f}"
        print(line)
    print()


def processes() -> None:
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.md"
        plan.write_text(plan_of(20), encoding="utf-8")
        print("Whole processes, median seconds")
        for name, command in {
            "python -c pass": peer_startup("nothing"),
            "a bare Click program": peer_startup("click"),
            "phasebot --help": phasebot("--help"),
            "phasebot parse, 20 phases": phasebot("parse", str(plan)),
        }.items():
            print(f"  {name:28}{seconds(command):8.3f}")
    print(f"\nMemory of `phasebot serve`, idle: {memory_of_idle_server():.0f} MB")


if __name__ == "__main__":
    main()
