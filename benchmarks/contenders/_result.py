"""What a contender prints: how many phases it carried out in how many seconds, and the gaps between phases where known."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Task:
    """`plans` chains of `phases` no-op phases each, on a database in `folder`."""

    plans: int
    phases: int
    folder: Path

    @property
    def total(self) -> int:
        return self.plans * self.phases


def task() -> Task:
    """What the command line asks for."""
    plans, phases, folder = sys.argv[1:4]
    return Task(int(plans), int(phases), Path(folder))


def report(done: int, seconds: float, gaps: Sequence[float] = (), *, cpu: float | None = None) -> None:
    """`gaps`: seconds from the end of one phase to the start of the next. `cpu`: seconds of the processor's that it took."""
    print(json.dumps({"done": done, "seconds": seconds, "gaps": list(gaps), "cpu": cpu}))
