"""The registry of tools."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.tools.noop import NoopTool
from services.execution.registry import Availability, Registry, ToolUnavailable, UnknownTool


def test_a_name_belongs_to_one_tool() -> None:
    with pytest.raises(ValueError, match="two tools named noop"):
        Registry([NoopTool(), NoopTool()])


def test_a_tool_is_available_until_somebody_says_otherwise() -> None:
    registry = Registry([NoopTool()])
    assert registry.available("noop").name == "noop"

    registry.disable("noop", "not on this machine")

    with pytest.raises(ToolUnavailable, match=r"disabled.*not on this machine"):
        registry.available("noop")
    with pytest.raises(UnknownTool):
        registry.disable("nothing", "why not")


def test_a_tool_that_could_not_be_loaded_is_listed_with_the_reason() -> None:
    registry = Registry()
    registry.mark_broken("deploy", "no module named deploy_tool")

    status = registry.snapshot()["deploy"]

    assert (status.availability, status.why) == (Availability.ERROR, "no module named deploy_tool")
    with pytest.raises(ToolUnavailable):
        registry.available("deploy")


def test_a_snapshot_stays_as_it_was() -> None:
    registry = Registry([NoopTool()])
    before = registry.snapshot()

    registry.record("noop", 1.0, failed=True)

    assert before["noop"].metrics.error_count == 0
    assert registry.snapshot()["noop"].metrics.error_count == 1


def test_no_run_is_lost_when_many_threads_count() -> None:
    registry = Registry([NoopTool()])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: registry.record("noop", 0.5, failed=n % 4 == 0), range(4000)))

    metrics = registry.snapshot()["noop"].metrics
    assert (metrics.success_count, metrics.error_count, metrics.elapsed_total) == (3000, 1000, 2000.0)
