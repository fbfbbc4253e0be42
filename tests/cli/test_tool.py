"""`phasebot tool`, as a process, on a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.client import ApiError, Client
from tests.cli.process import Ended
from tests.cli.process import Phasebot as Program
from tests.web.conftest import TOKEN, Bot, asked, running_bot

Run = Callable[..., Ended]


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with running_bot(tmp_path, api_tools="command,noop") as phasebot, asked(phasebot) as bot:
        yield bot


@pytest.fixture
def tool(bot: Bot, tmp_path: Path) -> Run:
    (tmp_path / "program").mkdir()
    program = Program(tmp_path / "program")

    def run(*arguments: str, given: bytes = b"", token: str = TOKEN) -> Ended:
        env = {"PHASEBOT_API_TOKEN": token}
        return program("tool", *arguments, "--server", bot.url, given=given, env=env)

    return run


def test_a_tool_is_run_and_its_output_shown(tool: Run) -> None:
    passed = tool("run", "command", "--arguments", '{"run": "echo hello"}')
    failed = tool("run", "command", "--arguments", "-", given=b'{"run": "false"}')

    assert (passed.code, passed.out) == (0, "hello\n")
    assert failed.code == 1
    assert "failed: " in failed.err


def test_what_was_run_is_listed_and_a_job_can_be_ended(tool: Run, bot: Bot) -> None:
    started = tool("run", "command", "--arguments", '{"run": "sleep 600"}', "--no-wait", "--json")
    job = json.loads(started.out)["id"]

    ended = tool("cancel", job)

    assert (started.code, ended.code) == (0, 0)
    with Client(bot.url, TOKEN) as client:
        assert client.job(job, wait=20).state == "cancelled"
    assert f"{job}  " in tool("jobs").out
    assert json.loads(tool("jobs", "--json").out)[0]["state"] == "cancelled"
    assert tool("cancel", job).code == 2


def test_the_list_says_which_are_exposed(tool: Run) -> None:
    lines = {line.split()[0]: line for line in tool("list").out.splitlines()}

    assert "available, exposed" in lines["noop"]
    assert "not exposed" in lines["http"]


def test_what_does_not_fit_is_refused_in_words(tool: Run, bot: Bot) -> None:
    no_json, no_object = tool("run", "noop", "--arguments", "{"), tool("run", "noop", "--arguments", "[]")
    wrong, hidden = tool("run", "noop", "--arguments", '{"nonsense": 1}'), tool("run", "files")
    stranger = tool("list", token="wrong")

    assert [one.code for one in (no_json, no_object, wrong, hidden, stranger)] == [2, 2, 2, 4, 4]
    assert "body.arguments.nonsense" in wrong.err
    assert "PHASEBOT_API_TOOLS" in hidden.err
    with Client(bot.url, TOKEN) as client, pytest.raises(ApiError, match="no job nothing"):
        client.job("nothing")
