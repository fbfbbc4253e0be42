"""The storm in short: what comes out of bad weather is what comes out of none."""

from __future__ import annotations

from pathlib import Path

from tests.scale.killing import under_a_killed_server
from tests.scale.storm import Weather, on_threads, on_workers


def test_a_storm_over_threads_leaves_every_artifact_as_a_sequential_run(tmp_path: Path) -> None:
    on_threads(tmp_path / "threads", Weather(1, width=3, depth=2))


def test_a_storm_over_workers_leaves_every_artifact_as_a_sequential_run(tmp_path: Path) -> None:
    on_workers(tmp_path, Weather(2, width=3, depth=2), kills=1, workers=1)


def test_a_storm_under_a_killed_server_loses_nothing_and_has_one_result_for_each_phase(tmp_path: Path) -> None:
    under_a_killed_server(tmp_path, Weather(6, width=3, depth=2), kills=2, workers=2)
