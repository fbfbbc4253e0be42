"""The command, with real key strokes in a real terminal."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import ROOT, Phasebot
from tests.web.conftest import PATIENCE, TOKEN

from .conftest import Stage

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]|\x1b\][^\x07]*\x07|[\x0e\x0f]")


GREYS = {0, 7, 8, 15, 16, 59, 102, 145, 188, 231, *range(232, 256)}
"""Of the 256 colours, those that are none."""


class Terminal:
    """80 by 24, and the command in it. What it has drawn since the last key is kept, without what moves the cursor."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self._terminal, inside = pty.openpty()
        self.resize(80, 24)
        self.process = subprocess.Popen(
            command, stdin=inside, stdout=inside, stderr=inside, env=environ, cwd=ROOT, start_new_session=True
        )
        os.close(inside)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.raw = self.everything = ""

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: str) -> None:
        self.raw = ""
        os.write(self._terminal, keys.encode())

    def sees(self, *texts: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while not all(text in self.drawn for text in texts):
            assert time.monotonic() < deadline, f"{texts} not among what was drawn:\n{self.drawn}"
            self._read()
        return self.drawn

    def ends(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read()
        return self.process.wait(timeout=1)

    @property
    def drawn(self) -> str:
        return _ESCAPES.sub("", self.raw)

    def _read(self) -> None:
        if select.select([self._terminal], [], [], 0.1)[0]:
            try:
                read = self._decoder.decode(os.read(self._terminal, 65536))
                self.raw, self.everything = self.raw + read, self.everything + read
            except OSError:  # the other end is closed
                self.process.wait(timeout=PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._terminal)


@pytest.fixture
def terminal(stage: Stage, tmp_path: Path) -> Iterator[Terminal]:
    environ = {
        **os.environ,
        "TERM": "xterm-256color",
        "NO_COLOR": "1",
        "PHASEBOT_API_TOKEN": TOKEN,
        "HOME": str(tmp_path),
    }
    terminal = Terminal([sys.executable, "-m", "bot", "tui", "--server", stage.bot.url], environ)
    try:
        yield terminal
    finally:
        terminal.close()


def test_by_keys_alone_and_without_colour(stage: Stage, terminal: Terminal) -> None:
    plan = stage.upload()["id"]
    terminal.sees("● live", "✗ failed", "2 Tests", "3 Pages")
    terminal.press("/running\r")
    terminal.sees("begun", "Executor")
    terminal.press("l")
    terminal.sees("still running")
    terminal.press("a")
    terminal.sees("complete", "Say that a phase is done")
    terminal.resize(100, 30)
    terminal.process.send_signal(signal.SIGWINCH)
    terminal.press("\x1b[B\r")
    terminal.sees("skip: 3 Pages")
    terminal.press("y")
    terminal.sees("skipped")
    terminal.press("q")
    assert terminal.ends() == 0
    assert stage.statuses(plan)[2] == "skipped"
    colours = {int(number) for number in re.findall(r"[34]8;5;([0-9]+)", terminal.everything)}
    assert colours
    assert colours <= GREYS


def test_a_plan_is_uploaded_by_keys_alone_and_without_colour(stage: Stage, terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "new.md").write_text("# New site\n\n## Phase 1: Ground\n\nDig.\n\n## Phase 2: Walls\n\nUp.\n")
    terminal.sees("● live", "u uploads one")
    terminal.press("u")
    terminal.sees("Upload a plan")
    terminal.press("~/new.md\r")
    terminal.sees("2 phases", "1 Ground", "2 Walls", "c publishes")
    terminal.press("c")
    terminal.sees("publish: New site")
    terminal.press("y")
    terminal.sees("running", "Why")
    terminal.press("q")
    assert terminal.ends() == 0
    assert [plan["title"] for plan in stage.bot.get("/api/plans")["plans"]] == ["New site"]


@pytest.fixture
def phasebot(tmp_path: Path) -> Phasebot:
    return Phasebot(tmp_path)


def test_without_a_server_it_says_how_to_come_by_one(phasebot: Phasebot) -> None:
    done = phasebot("tui", env={"PHASEBOT_API_TOKEN": TOKEN, "PHASEBOT_PORT": "1"})

    assert done.code == 3
    assert "http://127.0.0.1:1: no phasebot server answers here" in done.err
    assert "Start one: phasebot serve." in done.err


def test_without_a_token_it_says_where_to_find_one(phasebot: Phasebot) -> None:
    done = phasebot("tui", env={"PHASEBOT_PORT": "1"})

    assert done.code == 4
    assert "PHASEBOT_API_TOKEN: a server wants a token" in done.err
    assert "phasebot token create" in done.err


def test_a_wrong_token_is_refused_before_anything_is_drawn(stage: Stage, phasebot: Phasebot) -> None:
    done = phasebot("tui", "--server", stage.bot.url, env={"PHASEBOT_API_TOKEN": "wrong"})

    assert done.code == 4
    assert "\x1b" not in done.out + done.err


def test_without_textual_it_says_what_to_install(phasebot: Phasebot, tmp_path: Path) -> None:
    hide = "import importlib.util as u; find = u.find_spec; u.find_spec = lambda name: name != 'textual' and find(name) or None"
    code = f"{hide}; import sys; sys.argv = ['phasebot', 'tui']; from bot.__main__ import main; sys.exit(main())"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=phasebot.environ(), check=False
    )

    assert done.returncode == 2
    assert "pip install 'phasebot[tui]'" in done.stderr
