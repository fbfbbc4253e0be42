"""A folder for each test, with its own home: nothing of the machine's user is read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.process import Phasebot


@pytest.fixture
def phasebot(tmp_path: Path) -> Phasebot:
    """The program, run as a process of its own in an empty folder."""
    return Phasebot(tmp_path)
