"""Parsing in process: a plan of 60 KB beside its Markdown events alone, and 10,000 tasks parsed and compared."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyromark

from benchmarks.processes import ROOT, plan_of
from services.planning.diff import diff
from services.planning.outlines import outline_of_draft
from services.planning.parser import parse


def milliseconds(work: Callable[[], object], *, runs: int = 15) -> float:
    """The median of several runs, after one to warm up."""
    work()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times) * 1000


def show() -> None:
    """Figures for generated plans, and for a labelled corpus where `PHASEBOT_LABELS` and `PHASEBOT_PLANS` name one."""
    text = plan_of(135)
    alone = milliseconds(lambda: list(pyromark.events_with_range(text)))
    ours = milliseconds(lambda: parse(text, max_phases=1000))
    print(f"Parsing {len(text.encode()) / 1000:.0f} KB: {ours:.1f} ms, its Markdown events alone {alone:.1f} ms")
    many = plan_of(1250)
    changed = many.replace("part_7.py", "part_8.py", 50)
    old, new = parse(many, max_phases=2000), parse(changed, max_phases=2000)
    parsed = milliseconds(lambda: parse(many, max_phases=2000), runs=3)
    compared = milliseconds(lambda: diff(outline_of_draft(old), outline_of_draft(new)), runs=3)
    print(f"10,000 tasks: parsed and checked in {parsed:.0f} ms, compared with another version in {compared:.0f} ms")
    labels, plans = os.environ.get("PHASEBOT_LABELS"), os.environ.get("PHASEBOT_PLANS")
    if labels and plans:
        command = [sys.executable, str(Path(ROOT, "scripts", "score_corpus.py")), labels, plans]
        subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
