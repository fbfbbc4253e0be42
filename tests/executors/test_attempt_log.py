"""The log of an attempt: bounded, with its beginning and its end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.executors.attempt_log import AttemptLog, log_path
from services.execution.redaction import Redactor


def test_what_is_too_long_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    log = AttemptLog(tmp_path / "kept.log", Redactor(), head=1000)
    for number in range(100_000):
        log.write(b"line %d\n" % number)
    log.close()

    kept = log.path.read_bytes()
    assert len(kept) < 400_000
    assert kept.startswith(b"line 0\nline 1\n")
    assert kept.endswith(b"line 99999\n")
    assert b" bytes left out \xe2\x80\xa6]\n" in kept


def test_what_is_a_little_too_long_loses_nothing(tmp_path: Path) -> None:
    log = AttemptLog(tmp_path / "kept.log", Redactor(), head=1000)
    for _ in range(150):
        log.write(b"ten bytes\n")
    log.close()

    assert log.path.read_bytes() == b"ten bytes\n" * 150


def test_several_threads_write_into_one_file(tmp_path: Path) -> None:
    log = AttemptLog(tmp_path / "kept.log", Redactor())
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        for _ in range(200):
            log.write(b"%d\n" % number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    log.close()
    log.write(b"too late\n")

    lines = log.path.read_text().splitlines()
    assert {line: lines.count(line) for line in set(lines)} == {str(number): 200 for number in range(8)}


def test_the_tail_is_the_end_with_the_line_being_written(tmp_path: Path) -> None:
    log = AttemptLog(tmp_path / "kept.log", Redactor())
    log.write(b"x" * 10_000 + b"\nsegmentation fault")

    assert log.tail().endswith("xxx\nsegmentation fault")
    assert len(log.tail()) == 4000
    log.close()
    assert log.path.read_bytes().endswith(b"\nsegmentation fault")


def test_names_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    assert log_path(tmp_path, "../..", "../x y", 2) == tmp_path / "_.." / "2-_x_y.log"
