"""Batches: one piece of work for each of many files, several at once, and how that went in all.

Which file is next is decided under one lock, in the order of the list: with one worker the work is done in that order, and
whatever the number, the results are in it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from services.domain.attempts import Batch

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Fate(StrEnum):
    """What became of one file. `skipped`: its tool found nothing to do; `cancelled`: it was never begun."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has come."""

    total: int
    running: int
    done: int
    failed: int
    skipped: int
    cancelled: int = 0

    @property
    def left(self) -> int:
        return self.total - self.done - self.failed - self.skipped - self.cancelled


class Told(Protocol):
    """Hears of progress after every file, from the thread that did it; has to be quick."""

    def __call__(self, progress: Progress, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Answer]):
    """One file's end; `answer` None where it was cancelled."""

    fate: Fate
    answer: Answer | None = None


_CANCELLED: Outcome[Any] = Outcome(Fate.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a batch is carried out. `is_wanted` is asked before each file; `stop_on_failure`: begin no more after a failure."""

    workers: int
    stop_on_failure: bool
    is_wanted: Callable[[], bool]
    told: Told
    seconds: Callable[[], float] = time.monotonic


def run_batch(
    items: Sequence[Item], work: Callable[[Item], Outcome[Answer]], manner: Manner
) -> tuple[list[Outcome[Answer]], Batch]:
    """The outcomes, in the order of the items, and the summary. Exceptions of `work` end the batch and are raised."""
    run = _Run(items, work, manner)
    began = manner.seconds()
    crew = [threading.Thread(target=run.labour, name=f"phasebot-file-{n}") for n in range(1, _hands(items, manner))]
    for hand in crew:
        hand.start()
    run.labour()
    for hand in crew:
        hand.join()
    return run.outcomes(), run.summary(manner.seconds() - began)


def _hands(items: Sequence[object], manner: Manner) -> int:
    return max(1, min(manner.workers, len(items)))


class _Run(Generic[Item, Answer]):
    """A batch under way."""

    def __init__(self, items: Sequence[Item], work: Callable[[Item], Outcome[Answer]], manner: Manner) -> None:
        self._items = items
        self._work = work
        self._manner = manner
        self._lock = threading.Lock()
        self._next = 0
        self._running = 0
        self._stopped = threading.Event()
        self._counts = Counter[Fate]()
        self._outcomes: list[Outcome[Answer] | None] = [None] * len(items)
        self._error: BaseException | None = None

    def labour(self) -> None:
        """One file after the other, until there is none left or no more is wanted."""
        while (place := self._take()) is not None:
            try:
                outcome = self._work(self._items[place])
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits for the batch
                self._error = error
                self._stopped.set()
                return
            self._put(place, outcome)

    def _take(self) -> int | None:
        with self._lock:
            if self._next >= len(self._items) or self._stopped.is_set() or not self._manner.is_wanted():
                return None
            self._next += 1
            self._running += 1
            return self._next - 1

    def _put(self, place: int, outcome: Outcome[Answer]) -> None:
        if outcome.fate is Fate.FAILED and self._manner.stop_on_failure:
            self._stopped.set()
        with self._lock:
            self._outcomes[place] = outcome
            self._counts[outcome.fate] += 1
            self._running -= 1
            progress = self._progress()
        self._manner.told(progress)

    def _progress(self) -> Progress:
        counts = self._counts
        return Progress(len(self._items), self._running, counts[Fate.DONE], counts[Fate.FAILED], counts[Fate.SKIPPED])

    def outcomes(self) -> list[Outcome[Answer]]:
        if self._error is not None:
            raise self._error
        return [one or _CANCELLED for one in self._outcomes]

    def summary(self, seconds: float) -> Batch:
        done, failed, skipped = (self._counts[fate] for fate in (Fate.DONE, Fate.FAILED, Fate.SKIPPED))
        cancelled = len(self._items) - done - failed - skipped
        return Batch(done, failed, skipped, cancelled, round(seconds, 3), stopped_early=cancelled > 0)
