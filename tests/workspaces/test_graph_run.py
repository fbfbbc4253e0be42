"""Many phases at once, with failures and a kill, have the results that one after the other has."""

from __future__ import annotations

from pathlib import Path

from tests.workspaces.graph_run import Graph, GraphRun


def test_a_wide_graph_with_failures_and_a_kill_ends_as_a_sequential_run_does(tmp_path: Path) -> None:
    graph = Graph(phases=20, width=5, seed=7)
    alone = GraphRun(tmp_path / "alone", graph, workers=1, seed="")
    stormy = GraphRun(tmp_path / "stormy", graph, workers=5, seed="storm")

    assert alone.to_the_end([]) == 0, alone.said()
    assert stormy.to_the_end([6]) == 0, stormy.said()

    assert stormy.tree() == alone.tree()
    assert len(stormy.repository.files(stormy.branch)) == 21
    assert stormy.results() == 20
    assert stormy.repository.worktrees() == 1
    assert "failed at random" in "".join(path.read_text() for path in stormy.folder.rglob("*.log"))
    stormy.repository.git("fsck", "--strict")
