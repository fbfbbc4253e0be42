"""Says at the end of a test run how much was explored, and what could not be tried on this machine."""

from __future__ import annotations

import pytest

EXPLORED = "explored"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not run is told with its reason, even by a quiet run."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in reasons.items():
        terminalreporter.write_line(f"NOT RUN: {count} tests. {reason.removeprefix('Skipped: ')}", yellow=True)
    _tell_explored(terminalreporter)


def _tell_explored(terminalreporter: pytest.TerminalReporter) -> None:
    found = [
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in report.user_properties
        if name == EXPLORED
    ]
    if found:
        graphs, states, transitions = (sum(column) for column in zip(*found, strict=True))
        terminalreporter.write_line(f"explored: {graphs:,} graphs, {states:,} states, {transitions:,} transitions")
