"""Signals: Ctrl-C and SIGTERM as something to wait for, instead of an exception anywhere."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_signal(told: Callable[[], None]) -> Iterator[None]:
    """Call `told` for each Ctrl-C or SIGTERM while inside. It must be quick, and must not raise."""

    def handler(_: int, __: FrameType | None) -> None:
        told()

    before = [(one, signal.signal(one, handler)) for one in _ENDING]
    try:
        yield
    finally:
        for one, previous in before:
            signal.signal(one, previous)


@contextmanager
def first_signal() -> Iterator[threading.Event]:
    """An event that is set by the first Ctrl-C or SIGTERM."""
    stopped = threading.Event()
    with on_signal(stopped.set):
        yield stopped
