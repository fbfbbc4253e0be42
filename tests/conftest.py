"""Says at the end of a test run how much was explored."""

from __future__ import annotations

import pytest

EXPLORED = "explored"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = [
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in report.user_properties
        if name == EXPLORED
    ]
    if found:
        graphs, states, transitions = (sum(column) for column in zip(*found, strict=True))
        terminalreporter.write_line(f"explored: {graphs:,} graphs, {states:,} states, {transitions:,} transitions")
