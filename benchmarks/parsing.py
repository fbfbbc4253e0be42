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
    """The median processor time of several runs, after one to warm up: what else this machine does counts for nothing."""
    work()
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return median(times) * 1000


def written_plan(phases: int) -> str:
    """A plan as people write them, of some 5 KB a phase: prose, tasks with paths, notes, code, and what depends on what."""
    parts = [_written_phase(number) for number in range(1, phases + 1)]
    needs = [f"- **Phase {n}**: Depends on Phase {n - 1} (its tables) - BLOCKS Phase {n + 1}" for n in range(2, phases)]
    return "# A plan\n\n" + "\n".join(parts) + "\n## Dependencies\n\n" + "\n".join(needs) + "\n"


def _written_phase(number: int) -> str:
    tasks = "\n".join(
        f"- [ ] T{number * 100 + n} [P] Write the {n}th handler in `src/part_{number}/handler_{n}.py` with tests"
        f"\n  - keeps what was there before, and tells the caller when it cannot\n"
        for n in range(14)
    )
    prose = (
        "The handlers share a store, which is **opened once** and closed after the last of them; see `docs/store.md`.\n"
    )
    code = "pass  # a line\n" * 30
    return (
        f"## Phase {number}: Part {number} of the work (Priority: P{number % 4})\n\n**Goal**: part {number} works.\n\n"
        f"**Depends on**: {f'Phase {number - 1}' if number > 1 else 'nothing'}\n\n{prose * 7}\n### Tasks\n\n{tasks}\n"
        f"### Notes\n\n| Risk | Answer |\n|---|---|\n| slow store | measure it first |\n\n```python\n{code}```\n"
    )


def show() -> None:
    """Figures for generated plans, and for a labelled corpus where `PHASEBOT_LABELS` and `PHASEBOT_PLANS` name one."""
    text = written_plan(17)
    alone = milliseconds(lambda: list(pyromark.events_with_range(text, options=pyromark.Options.ENABLE_TABLES)))
    ours = milliseconds(lambda: parse(text, max_phases=1000))
    size = len(text.encode()) / 1000
    print(f"Parsing {size:.0f} KB: {ours:.1f} ms, its Markdown events alone {alone:.1f} ms; ratio {ours / alone:.1f}")
    many = plan_of(1250)
    changed = many.replace("part_7.py", "part_8.py", 50)
    alone = milliseconds(lambda: list(pyromark.events_with_range(many)), runs=3)
    old, new = parse(many, max_phases=2000), parse(changed, max_phases=2000)
    parsed = milliseconds(lambda: parse(many, max_phases=2000), runs=3)
    compared = milliseconds(lambda: diff(outline_of_draft(old), outline_of_draft(new)), runs=3)
    whole = parsed + compared
    print(
        f"10,000 tasks: parsed and checked in {parsed:.0f} ms, compared with another version in {compared:.0f} ms; "
        f"ratio {whole / alone:.1f}"
    )
    labels, plans = os.environ.get("PHASEBOT_LABELS"), os.environ.get("PHASEBOT_PLANS")
    if labels and plans:
        command = [sys.executable, str(Path(ROOT, "scripts", "score_corpus.py")), labels, plans]
        subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
