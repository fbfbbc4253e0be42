"""The live view as a real terminal gets it, through a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from tests.cli.process import TIMEOUT, Phasebot
from tests.cli.samples import ALL_PASS, CHAIN, WALLS_FAIL, many

ORDERS = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x1b\x07]*(?:\x1b\\|\x07))")
COLOURS = re.compile(r"\x1b\[[0-9;]*3[0-9](?:;[0-9]+)*m")


def _on_a_terminal(phasebot: Phasebot, *arguments: str, columns: int = 80, **env: str) -> tuple[int, str]:
    """Run it on a terminal of this width; the exit code, and everything the terminal was sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environ = phasebot.environ({"TERM": "xterm-256color", **env})
    with subprocess.Popen(
        phasebot.command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, cwd=phasebot.folder, env=environ
    ) as process:
        os.close(theirs)
        sent = _everything(ours)
        code = process.wait(TIMEOUT)
    os.close(ours)
    return code, sent.decode()


def _everything(terminal: int) -> bytes:
    """Up to the moment when nobody has the other end any more, which Linux tells as an error."""
    sent = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            return sent
        if not chunk:
            return sent
        sent += chunk


def _lines(sent: str) -> list[str]:
    return [line.rstrip() for line in re.split(r"[\r\n]+", ORDERS.sub("", sent))]


@pytest.fixture
def shed(phasebot: Phasebot) -> Phasebot:
    phasebot.write("plan.md", CHAIN)
    phasebot.write("phasebot.yml", WALLS_FAIL)
    return phasebot


RUN = ("run", "plan.md", "--policy", "phasebot.yml")


def test_a_terminal_gets_rows_a_bar_and_links_and_then_the_summary(shed: Phasebot) -> None:
    code, sent = _on_a_terminal(shed, *RUN)

    lines = _lines(sent)
    assert code == 1
    assert any(re.match(r"✓ +1: Foundation +#2 +completed", line) for line in lines)
    assert any(re.match(r"✗ +2: Walls +#3 +failed", line) for line in lines)
    assert any(re.search(r"━ +1/3 · ", line) for line in lines)
    assert re.search(r"\x1b\]8;[^;]*;http://127\.0\.0\.1:\d+/[^\x1b]+/issues/2\x1b", sent)
    assert sent.rindex("Build a shed") > sent.rindex("━")
    assert lines[-2] == "  phasebot run plan.md --policy phasebot.yml"


def test_the_cursor_is_given_back(shed: Phasebot) -> None:
    _, sent = _on_a_terminal(shed, *RUN)

    assert sent.rfind("\x1b[?25h") > sent.rfind("\x1b[?25l") >= 0


@pytest.mark.parametrize("count", [1, 50])
def test_plans_of_any_size_fit_into_eighty_columns(phasebot: Phasebot, count: int) -> None:
    phasebot.write("plan.md", many(count).replace("Step", "A step with a title that is long enough to be cut off"))
    phasebot.write("phasebot.yml", ALL_PASS)

    code, sent = _on_a_terminal(phasebot, *RUN, "--no-issues", "--max-phases", "50")

    before_the_summary = _lines(sent[: sent.rindex("\x1b[?25h")])
    assert code == 0
    assert max(map(len, before_the_summary or [""])) <= 80


def test_no_color_is_respected(shed: Phasebot) -> None:
    assert COLOURS.search(_on_a_terminal(shed, *RUN, "--again")[1])
    assert not COLOURS.search(_on_a_terminal(shed, *RUN, "--again", NO_COLOR="1")[1])


def test_a_dumb_terminal_gets_lines(shed: Phasebot) -> None:
    _, sent = _on_a_terminal(shed, *RUN, TERM="dumb")

    assert "completed  1: Foundation (attempt 1" in sent
    assert "\x1b[?25l" not in sent
