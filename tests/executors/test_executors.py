"""Executors by name, and the one that waits for people."""

from __future__ import annotations

import pytest

from bot.executors.manual import ManualExecutor
from bot.executors.registry import Executors, UnknownExecutor
from services.ports import Executor
from tests.execution.kit import assignment
from tests.executors.conftest import House


def test_executors_are_found_by_name(house: House) -> None:
    local, manual = house.executor(), ManualExecutor()
    found: list[Executor] = [local, manual]

    executors = Executors(found)

    assert executors.names == {"local", "manual"}
    assert executors.named("manual") is manual


def test_an_unknown_executor_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownExecutor, match="no executor named cloud") as raised:
        Executors([ManualExecutor()]).named("cloud")

    assert raised.value.fix == "there are: manual"


def test_a_persons_work_is_neither_begun_nor_ended_by_the_machine() -> None:
    manual = ManualExecutor()
    manual.dispatch(assignment())
    manual.stop("p1", "schema", 1)  # the end of a person's work is what the person says
