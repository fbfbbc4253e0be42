"""Three seeds of chaos, small enough for every run of the tests; `make chaos` is the large one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.chaos.weather import Chaos, calm_picture, endure


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return calm_picture(tmp_path_factory.mktemp("calm"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_ends_where_a_calm_run_would(seed: int, calm: Any, tmp_path: Path) -> None:
    outcome = endure(tmp_path, Chaos(seed, plans=4))

    assert outcome.kills == 3
    assert outcome.faults > 20
    assert outcome.wrongs == []
    assert len(outcome.pictures) == 4
    for number in range(4):
        name = f"Move shop {number}"
        expected = str(calm).replace("Move shop 0", name)
        assert str(outcome.pictures[f"[Multi-Phase] {name}"]) == expected, name
