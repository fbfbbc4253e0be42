"""Agents and checks: what they say counts, and silence is a failure."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.tools.agent import AgentOutput, AgentTool
from bot.tools.checks import ChecksTool
from bot.tools.command import CommandTool
from services.domain.failure import Failure
from services.execution.registry import Registry
from services.execution.tool import Tool
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import KeptFailures, StandingClock, context

ENVIRON = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

AGENT = """
import json, os, sys
prompt, model = sys.stdin.read(), sys.argv[1]
print("thinking about", model)
if model == "silent":
    sys.exit(0)
if model == "poor":
    print(json.dumps({"is_error": True, "result": "out of credit", "usage": {"input_tokens": 3}}))
    sys.exit(1)
usage = {"input_tokens": 10, "output_tokens": 20}
print(json.dumps({"result": prompt, "usage": usage, "total_cost_usd": 0.25, "modified": False}))
"""


def run(folder: Path, tool: str, **arguments: Any) -> BaseModel | Failure:
    tools: list[Tool] = [AgentTool(ENVIRON), ChecksTool(ENVIRON), CommandTool(ENVIRON)]
    runner = ToolRunner(Registry(tools), StandingClock(), KeptFailures())
    at = context(folder, placeholders={"title": "Ship it", "phase": "ship"}, agent="", model="")
    return runner.run(tool, arguments, at)


def fails(folder: Path, tool: str, **arguments: Any) -> tuple[str, str]:
    result = run(folder, tool, **arguments)
    assert isinstance(result, Failure), result
    return result.type, result.message


@pytest.fixture
def agent(tmp_path: Path) -> str:
    (tmp_path / "agent.py").write_text(AGENT)
    return f"{sys.executable} agent.py {{model}}"


def test_an_agent_gets_its_prompt_and_says_what_it_used(tmp_path: Path, agent: str) -> None:
    (tmp_path / "prompt.md").write_text("Do $title, $how.")

    said = run(tmp_path, "agent", run=agent, model="big", prompt_file="prompt.md", version="7", values={"how": "well"})

    assert said == AgentOutput(
        text="Do Ship it, well.", model="big", prompt_version="7", tokens=30, cost=0.25, modified=False
    )


def test_a_fallback_takes_over_and_what_both_used_counts(tmp_path: Path, agent: str) -> None:
    said = run(tmp_path, "agent", run=agent, model="poor", fallback_model="big", prompt="Go.")

    assert isinstance(said, AgentOutput)
    assert (said.model, said.tokens) == ("big", 33)


def test_an_agent_without_a_result_has_failed(tmp_path: Path, agent: str) -> None:
    assert fails(tmp_path, "agent", run=agent, model="silent", prompt="Go.") == (
        "agent_failed",
        "it gave no JSON result and ended with exit code 0",
    )
    assert fails(tmp_path, "agent", run=agent, model="poor", prompt="Go.") == ("agent_failed", "out of credit")


def test_what_an_agent_needs_is_asked_for(tmp_path: Path, agent: str) -> None:
    assert fails(tmp_path, "agent", prompt="Go.")[0] == "no_agent"
    assert fails(tmp_path, "agent", run=agent, prompt="$nobody")[0] == "bad_prompt"
    assert fails(tmp_path, "agent", run=agent, prompt_file="no.md")[0] == "no_prompt"
    assert fails(tmp_path, "agent", run=agent)[0] == "invalid_input"


# ---------------------------------------------------------------- checks


@pytest.mark.parametrize(("code", "type"), [(0, None), (1, "verdict_failed"), (2, "no_verdict"), (127, "no_verdict")])
def test_a_check_passes_or_fails_by_its_exit_code_or_gives_no_verdict(
    tmp_path: Path, code: int, type: str | None
) -> None:
    result = run(tmp_path, "checks", run=["sh", "-c", f"exit {code}"])

    assert (result.type if isinstance(result, Failure) else None) == type


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ('{"verdict": "passed", "summary": "fine"}', None),
        ("PASS\nall is well\n", None),
        ("ok", None),
        ('{"verdict": "failed", "summary": "2 broken"}', "verdict_failed"),
        ("Failed: two broken", "no_verdict"),
        ("failed\ntwo broken", "verdict_failed"),
        ('{"summary": "?"}', "no_verdict"),
        ("[]", "no_verdict"),
        ("perhaps", "no_verdict"),
        ("", "no_verdict"),
        (None, "no_verdict"),
    ],
)
def test_a_file_gives_the_verdict(tmp_path: Path, text: str | None, type: str | None) -> None:
    if text is not None:
        (tmp_path / "verdict").write_text(text)

    result = run(tmp_path, "checks", file="verdict")

    assert (result.type if isinstance(result, Failure) else None) == type


def test_an_old_verdict_is_none(tmp_path: Path) -> None:
    (tmp_path / "verdict").write_text("passed")

    assert fails(tmp_path, "checks", run="true", file="verdict")[0] == "no_verdict"


def test_a_check_needs_a_source(tmp_path: Path) -> None:
    assert fails(tmp_path, "checks")[0] == "invalid_input"


# ---------------------------------------------------------------- limits and results of commands


def test_a_command_that_says_too_much_is_ended(tmp_path: Path) -> None:
    assert fails(tmp_path, "command", run="yes", output="64kB")[0] == "too_much_output"


def test_a_command_that_wants_too_much_memory_does_not_get_it(tmp_path: Path) -> None:
    greedy = [sys.executable, "-c", "bytearray(900_000_000)"]

    assert fails(tmp_path, "command", run=greedy, memory="400MB")[0] == "command_failed"
    assert not isinstance(run(tmp_path, "command", run=["true"], memory="400MB"), Failure)


def test_a_command_may_say_what_came_of_it(tmp_path: Path) -> None:
    said = run(tmp_path, "command", run="""echo '{"modified": false, "tokens": 7}' > $PHASEBOT_RESULT""", shell=True)

    assert not isinstance(said, Failure)
    assert (said.model_dump()["modified"], said.model_dump()["tokens"]) == (False, 7)


def test_a_result_that_is_no_json_is_a_failure(tmp_path: Path) -> None:
    assert fails(tmp_path, "command", run="echo yes > $PHASEBOT_RESULT", shell=True)[0] == "bad_result"
