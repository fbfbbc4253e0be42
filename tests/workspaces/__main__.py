"""The bigger run: `python -m tests.workspaces [PHASES [WIDTH [KILLS]]]`, by default 50 phases in a graph of width 10."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.workspaces.graph_run import Graph, GraphRun


def main(phases: int = 50, width: int = 10, kills: int = 5) -> int:
    graph = Graph(phases, width, seed=random.SystemRandom().randrange(10_000))
    moments = sorted(random.Random(graph.seed).sample(range(1, phases), kills))
    with tempfile.TemporaryDirectory() as folder:
        alone = GraphRun(Path(folder, "alone"), graph, workers=1, seed="")
        stormy = GraphRun(Path(folder, "stormy"), graph, workers=width, seed=str(graph.seed))
        print(f"seed {graph.seed}: {phases} phases, width {width}, killed after {moments} results")
        for name, run, when in (
            ("one after the other", alone, []),
            ("at once, with failures and kills", stormy, moments),
        ):
            began = time.monotonic()
            code = run.to_the_end(when)
            print(
                f"{name}: exit code {code}, {run.results()} results, {time.monotonic() - began:.1f} s, tree {run.tree()}"
            )
        same = alone.tree() == stormy.tree()
        print("the same results" if same else "DIFFERENT RESULTS")
        return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
