"""Ctrl-C and SIGTERM while a plan runs, and `--wait` while people work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import IO, Any

import httpx
import pytest

from tests.cli.process import TIMEOUT, Phasebot
from tests.cli.samples import CHAIN

HELD = """\
version: 1
defaults: {workspace: in_place}
phases:
  - match: Foundation
    operations:
      - {tool: command, run: "sh -c 'read line < gate; echo $line >> ran-1'"}
  - match: "*"
    operations:
      - {tool: command, run: "sh -c 'echo ran >> ran-{number}'"}
"""
RUN = ("run", "plan.md", "--policy", "phasebot.yml", "--no-issues")


@pytest.fixture
def held(phasebot: Phasebot) -> Phasebot:
    """The first phase reads a line from a pipe, and so runs for as long as the test wants."""
    phasebot.write("plan.md", CHAIN)
    phasebot.write("phasebot.yml", HELD)
    os.mkfifo(phasebot.folder / "gate")
    return phasebot


@contextmanager
def _running(phasebot: Phasebot, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The process, killed at the end if the test has not seen it end, or if it takes too long."""
    with phasebot.start(*arguments) as process:
        too_long = Timer(TIMEOUT, process.kill)
        too_long.start()
        try:
            yield process
        finally:
            too_long.cancel()
            process.kill()


def _until(process: subprocess.Popen[str], word: str) -> str:
    """Read its lines up to the one that begins with this word."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(word):
            return line
    raise AssertionError(f"it ended without saying “{word}”")


def _begun(phasebot: Phasebot) -> IO[str]:
    """Waits until the phase really reads; it ends with the line that is written here."""
    return (phasebot.folder / "gate").open("w", encoding="utf-8")


def _let_go(phasebot: Phasebot) -> None:
    with _begun(phasebot) as gate:
        gate.write("ran\n")


def _rest(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, _ = process.communicate(timeout=60)
    return process.returncode, out


@pytest.mark.parametrize("one", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_finish_what_runs_and_the_same_command_goes_on(
    held: Phasebot, one: signal.Signals
) -> None:
    with _running(held, *RUN) as process:
        with _begun(held) as gate:
            process.send_signal(one)
            assert "no new phase starts, what runs may finish" in _until(process, "notice")
            gate.write("ran\n")
        code, out = _rest(process)

    assert code == 5
    assert "✓ 1: Foundation: completed" in out
    assert "To go on where this stopped:\n  phasebot run plan.md --policy phasebot.yml --no-issues\n" in out
    assert not (held.folder / "ran-2").exists()

    again = held(*RUN)

    assert again.code == 0
    assert (held.folder / "ran-1").read_text(encoding="utf-8") == "ran\n"
    assert (held.folder / "ran-3").exists()


def test_the_second_signal_ends_what_runs_and_the_same_command_runs_it_again(held: Phasebot) -> None:
    with _running(held, *RUN) as process, _begun(held):
        process.send_signal(signal.SIGINT)
        _until(process, "notice     Interrupted")
        process.send_signal(signal.SIGINT)
        _until(process, "notice     Ending what runs.")
        code, _ = _rest(process)

    assert code == 5
    assert not (held.folder / "ran-1").exists()

    with _running(held, *RUN) as process:
        _until(process, "running    1: Foundation (attempt 2)")
        _let_go(held)
        code, _ = _rest(process)

    assert code == 0
    assert (held.folder / "ran-1").read_text(encoding="utf-8") == "ran\n"


def test_a_process_that_was_killed_is_gone_on_with(held: Phasebot) -> None:
    with _running(held, *RUN) as process, _begun(held):
        process.kill()
        process.wait(TIMEOUT)

    with _running(held, *RUN) as process:
        _until(process, "running    1: Foundation (attempt 2)")
        _let_go(held)
        code, _ = _rest(process)

    assert code == 0


def _closed(phasebot: Phasebot, url: str) -> None:
    """The person at this machine closes the issue that the page shows, over the API."""
    (file,) = phasebot.home.rglob("localhub.json")
    memory: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    path = url.removeprefix(memory["url"])
    answer = httpx.patch(
        f"{memory['url']}/api/v3/repos{path}",
        headers={"Authorization": f"Bearer {memory['person_token']}"},
        json={"state": "closed", "state_reason": "completed"},
        trust_env=False,
    )
    answer.raise_for_status()


def test_with_wait_the_run_stays_until_people_have_closed_the_issues(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)

    with _running(phasebot, "run", "plan.md", "--wait", "--json") as process:
        assert process.stdout is not None
        records = (json.loads(line) for line in process.stdout)
        seen: list[dict[str, Any]] = []
        for record in records:
            seen.append(record)
            if record["event"] == "phase" and record["status"] == "running":
                _closed(phasebot, record["url"])

        assert process.wait(30) == 0

    assert seen[-1]["event"] == "summary"
    assert [phase["status"] for phase in seen[-1]["phases"]] == ["completed"] * 3
    assert any("Waiting for people" in record.get("message", "") for record in seen)


def test_interrupting_the_wait_is_an_interruption(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)

    with _running(phasebot, "run", "plan.md", "--wait") as process:
        _until(process, "notice     Waiting for people")
        process.send_signal(signal.SIGINT)
        code, _ = _rest(process)

    assert code == 5


def test_what_was_closed_between_two_runs_counts_at_the_next(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)
    first = phasebot("run", "plan.md", "--json")
    with _running(phasebot, "localhub") as tracker:
        assert tracker.stdout is not None
        assert tracker.stdout.readline().startswith("Issues of ")
        _closed(phasebot, first.events("summary")[0]["phases"][0]["url"])
        tracker.send_signal(signal.SIGINT)
        assert tracker.wait(30) == 0

    second = phasebot("run", "plan.md", "--json")

    assert [phase["status"] for phase in second.events("summary")[0]["phases"]] == ["completed", "running", "queued"]


def test_a_run_uses_the_tracker_that_is_served_already(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)
    with _running(phasebot, "localhub") as tracker:
        assert tracker.stdout is not None
        url = tracker.stdout.readline().split(": ")[1].split("/sign-in")[0]

        done = phasebot("run", "plan.md", "--json")

        assert done.events("summary")[0]["url"].startswith(url)
        tracker.send_signal(signal.SIGTERM)
        assert tracker.wait(30) == 0
