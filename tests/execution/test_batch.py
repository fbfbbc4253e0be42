"""Batches: in order with one worker, several at once with more, and what a failure or a stop leaves undone."""

from __future__ import annotations

import threading

import pytest

from services.domain.attempts import Batch
from services.execution.batch import Fate, Manner, Outcome, Progress, run_batch

FILES = [f"{n}.png" for n in range(8)]


def manner(workers: int = 1, *, stop: bool = False, wanted: threading.Event | None = None) -> Manner:
    return Manner(
        workers=workers,
        stop_on_failure=stop,
        is_wanted=lambda: wanted is None or wanted.is_set(),
        told=lambda _: None,
        seconds=lambda: 0.0,
    )


def done(file: str) -> Outcome[str]:
    return Outcome(Fate.DONE, file)


def test_one_worker_goes_through_the_files_in_their_order() -> None:
    seen: list[str] = []

    def work(file: str) -> Outcome[str]:
        seen.append(file)
        return done(file)

    outcomes, summary = run_batch(FILES, work, manner())

    assert seen == FILES == [one.answer for one in outcomes]
    assert summary == Batch(done=8)


def test_several_workers_work_at_once_and_the_results_are_in_the_files_order() -> None:
    together = threading.Barrier(4, timeout=20)

    def work(file: str) -> Outcome[str]:
        together.wait()  # nobody gets through alone
        return done(file)

    outcomes, _ = run_batch(FILES, work, manner(4))

    assert [one.answer for one in outcomes] == FILES


def test_after_a_failure_nothing_new_begins_and_what_was_begun_is_finished() -> None:
    both = threading.Barrier(2, timeout=20)
    failed = threading.Event()

    def work(file: str) -> Outcome[str]:
        both.wait()
        if file == "0.png":
            failed.set()
            return Outcome(Fate.FAILED, file)
        failed.wait(20)
        return done(file)

    outcomes, summary = run_batch(FILES, work, manner(2, stop=True))

    fates = [one.fate for one in outcomes]
    assert fates[:2] == [Fate.FAILED, Fate.DONE]
    assert summary.failed == 1
    assert summary.stopped_early
    assert summary.cancelled == fates.count(Fate.CANCELLED) >= 4


def test_with_skip_a_failure_is_one_of_many_results() -> None:
    def work(file: str) -> Outcome[str]:
        return Outcome(Fate.FAILED if file == "3.png" else Fate.SKIPPED if file == "4.png" else Fate.DONE, file)

    _, summary = run_batch(FILES, work, manner(2))

    assert summary == Batch(done=6, failed=1, skipped=1)


def test_no_more_is_begun_when_it_is_not_wanted() -> None:
    wanted = threading.Event()
    wanted.set()

    def work(file: str) -> Outcome[str]:
        if file == "2.png":
            wanted.clear()
        return done(file)

    outcomes, summary = run_batch(FILES, work, manner(wanted=wanted))

    assert [one.fate for one in outcomes].count(Fate.CANCELLED) == 5
    assert (summary.done, summary.cancelled, summary.stopped_early) == (3, 5, True)


def test_progress_is_told_after_every_file() -> None:
    told: list[Progress] = []
    how = Manner(workers=1, stop_on_failure=False, is_wanted=lambda: True, told=told.append)

    run_batch(FILES, done, how)

    assert [(one.done, one.left) for one in told] == [(n, 8 - n) for n in range(1, 9)]


def test_an_exception_ends_the_batch_and_is_raised() -> None:
    def work(file: str) -> Outcome[str]:
        raise MemoryError(file)

    with pytest.raises(MemoryError):
        run_batch(FILES, work, manner(3))


def test_no_files_are_a_batch_too() -> None:
    assert run_batch([], done, manner(4)) == ([], Batch())
