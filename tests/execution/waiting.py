"""Waiting for other threads and processes, with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], within: float = 20.0) -> None:
    """Return once `holds`; fail the test if it does not in time."""
    give_up = time.monotonic() + within
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < give_up, "it never came to that"
        pause.wait(0.005)
