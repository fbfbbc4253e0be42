"""Plugins: a package with an entry point brings a tool; one that is broken is listed, and keeps nothing from working."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.executors.secrets import SecretMissing, given_secrets, named_secrets
from bot.settings import Settings
from bot.tools import registry_with_plugins
from services.domain.failure import Failure
from services.execution.registry import ToolUnavailable, UnknownTool
from services.execution.tool_runner import ToolRunner
from services.planning.policy import Subject, read_policy
from tests.execution.kit import KeptFailures, StandingClock, context

SHOUT = """
from pydantic import BaseModel

class Given(BaseModel):
    text: str

class Told(BaseModel):
    text: str

class Shout:
    name = "shout"
    input_model = Given
    output_model = Told

    def run(self, given, context):
        return Told(text=given.text.upper())

class Reserved(Shout):
    name = "reserved"

    class input_model(BaseModel):
        foreach: str
"""
POINTS = """
[phasebot.tools]
shout = shouting:Shout
lost = shouting:Nothing
reserved = shouting:Reserved
misnamed = shouting:Shout
"""


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[None]:
    """A package, as an installer would leave it in a folder of its own."""
    about = tmp_path / "shouting-1.0.dist-info"
    about.mkdir()
    (tmp_path / "shouting.py").write_text(SHOUT)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    sys.path.insert(0, str(tmp_path))
    yield
    sys.path.remove(str(tmp_path))
    sys.modules.pop("shouting", None)


@pytest.mark.usefixtures("installed")
def test_a_plugin_is_run_like_any_other_tool() -> None:
    registry = registry_with_plugins({})
    runner = ToolRunner(registry, StandingClock(), KeptFailures())

    said = runner.run("shout", {"text": "hello"}, context())
    refused = runner.run("shout", {"txt": "hello"}, context())

    assert not isinstance(said, Failure)
    assert said.model_dump() == {"text": "HELLO"}
    assert isinstance(refused, Failure)
    assert refused.type == "invalid_input"
    metrics = registry.snapshot()["shout"].metrics
    assert (metrics.success_count, metrics.error_count) == (1, 1)


@pytest.mark.usefixtures("installed")
def test_a_policy_may_name_it() -> None:
    tools = registry_with_plugins({}).inputs()

    policy = read_policy(
        "version: 1\nphases: [{match: A, operations: [{tool: shout, text: hi}]}]", tools=tools, executors={"local"}
    )

    assert policy.rules_for(Subject("A")).operations[0].tool == "shout"


@pytest.mark.usefixtures("installed")
def test_one_that_cannot_be_used_is_listed_with_the_reason() -> None:
    states = registry_with_plugins({}).snapshot()

    assert {name: states[name].state for name in ("shout", "lost", "reserved", "misnamed", "command")} == {
        "shout": "enabled",
        "lost": "unavailable",
        "reserved": "unavailable",
        "misnamed": "unavailable",
        "command": "enabled",
    }
    assert "Nothing" in states["lost"].why
    assert "foreach" in states["reserved"].why
    assert "its name is shout" in states["misnamed"].why


def test_the_operator_switches_tools_off() -> None:
    registry = registry_with_plugins({}, Settings(tools_off="http, agent").tool_choices())

    assert registry.snapshot()["http"].state == "disabled"
    with pytest.raises(ToolUnavailable, match="PHASEBOT_TOOLS_OFF"):
        registry.available("agent")
    with pytest.raises(UnknownTool):
        registry_with_plugins({}, Settings(tools_off="htp").tool_choices())


def test_a_tool_that_only_fails_is_a_failing_one_until_it_works() -> None:
    registry = registry_with_plugins({})
    for _ in range(3):
        registry.record("noop", 0.0, failed=True)
    assert registry.snapshot()["noop"].state == "failing"

    registry.record("noop", 0.0, failed=False)
    assert registry.snapshot()["noop"].state == "enabled"


def test_secrets_are_given_by_the_operator_and_named_by_the_policy(tmp_path: Path) -> None:
    kept = tmp_path / "key"
    kept.write_text("from a file\n")

    given = given_secrets({"PHASEBOT_SECRET_A": "one", "PHASEBOT_SECRET_B_FILE": str(kept), "GITHUB_TOKEN": "ours"})

    assert named_secrets(["A", "B"], given) == {"A": "one", "B": "from a file"}
    with pytest.raises(SecretMissing, match="GITHUB_TOKEN"):
        named_secrets(["A", "GITHUB_TOKEN"], given)
