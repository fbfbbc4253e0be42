"""Runs contenders in turn, each in a process of its own on a fresh folder, and takes the medians."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
PATIENCE = 300  # seconds a contender may take


@dataclass(frozen=True, slots=True)
class Heat:
    """One run of one contender. `gap`: median seconds from the end of a phase to the start of the next; `cpu`: of the
    processor, for each phase."""

    rate: float
    fsyncs: float | None
    gap: float | None
    cpu: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The medians of all heats of a contender: phases a second, fsyncs a phase, seconds between phases, seconds of the
    processor a phase."""

    name: str
    rate: float
    fsyncs: float | None
    gap: float | None
    cpu: float | None


def compete(names: Sequence[str], *, plans: int, phases: int, heats: int) -> list[Standing]:
    """All contenders in turn, `heats` times over, so that a slow moment of the machine hits each of them."""
    run: dict[str, list[Heat]] = {name: [] for name in names}
    for _ in range(heats):
        for name in names:
            run[name].append(_heat(name, plans, phases))
    return [_standing(name, made) for name, made in run.items()]


def _heat(name: str, plans: int, phases: int) -> Heat:
    with fresh_folder() as folder:
        counted = folder / "fsyncs"
        command = [sys.executable, "-m", f"benchmarks.contenders.{name}", str(plans), str(phases), str(folder)]
        environment = {**os.environ, "FSYNC_COUNT": str(counted), "PYTHONPATH": str(HERE.parent)}
        if shim := _fsync_shim():
            environment["LD_PRELOAD"] = str(shim)
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=HERE.parent
        )
        if done.returncode:
            raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
        result = json.loads(done.stdout.splitlines()[-1])
        if result["done"] != plans * phases:
            raise SystemExit(f"{name} carried out {result['done']} of {plans * phases} phases")
        cpu = result.get("cpu")
        return Heat(
            rate=result["done"] / result["seconds"],
            fsyncs=_fsyncs(counted, result["done"]),
            gap=_median(result["gaps"]),
            cpu=None if cpu is None else cpu / result["done"],
        )


def _fsyncs(counted: Path, phases: int) -> float | None:
    """All processes of the contender together. Set-up counts as well, so small numbers of phases look worse than they are."""
    if not counted.exists():
        return None
    return sum(int(line) for line in counted.read_text().split()) / phases


def _standing(name: str, heats: Sequence[Heat]) -> Standing:
    return Standing(
        name,
        rate=median(heat.rate for heat in heats),
        fsyncs=_median([heat.fsyncs for heat in heats if heat.fsyncs is not None]),
        gap=_median([heat.gap for heat in heats if heat.gap is not None]),
        cpu=_median([heat.cpu for heat in heats if heat.cpu is not None]),
    )


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """On the disk of the checkout: a folder in memory would make every fsync free."""
    scratch = HERE.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=scratch))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _fsync_shim() -> Path | None:
    """The counter of fsyncs, compiled once; None where there is no C compiler (then they are not counted)."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = HERE.parent / ".cache" / "fsyncs.so"
    library.parent.mkdir(exist_ok=True)
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, HERE / "fsyncs.c", "-ldl"], check=True)
    return library
