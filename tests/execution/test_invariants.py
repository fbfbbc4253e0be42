"""The invariants hold in our tree, and each rule catches what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.check_invariants import ROOT, TOOL_RUNNER, Module, check, check_tree

RUNNER = (ROOT / TOOL_RUNNER).read_text()


def rules_broken(path: str, text: str) -> list[str]:
    return [breach.rule for breach in check(Module.of(path, text))]


def test_our_tree_keeps_every_rule() -> None:
    assert [str(breach) for breach in check_tree(ROOT)] == []


@pytest.mark.parametrize(
    "text",
    [
        "tool.run(given, context)",
        "self._tool.run(given, context)",
        "registry.available('command').run({}, context)",
        "tools['command'].run(given, context)",
        "CommandTool(environ).run(given, context)",
        "command.run(given, context)",
        "command.run(given=given, context=context)",
        "command.run(*both)",
        "command.run(**both)",
        "work = tool.run",
        "pool.submit(command.run, given, context)",
        "getattr(tool, 'run')(given, context)",
    ],
)
def test_a_tool_run_by_anyone_but_the_runner_is_found(text: str) -> None:
    assert rules_broken("services/execution/operations.py", text) == ["tool-run"]
    assert rules_broken("bot/web/api/tools.py", text) == ["tool-run"]


@pytest.mark.parametrize(
    "text",
    ["runner.run('command', {}, context)", "self._runner.run(name, arguments, context)", "subprocess.run(['gh'])"],
)
def test_the_runner_itself_may_be_run(text: str) -> None:
    assert rules_broken("services/execution/operations.py", text) == []


def test_the_runner_as_it_is_keeps_its_rule() -> None:
    assert rules_broken(TOOL_RUNNER, RUNNER) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("        finally:\n            self.registry.record(", "        if True:\n            self.registry.record("),
        ("self.registry.record(", "self.registry.forget("),
        ("class ToolRunner:", "class Other:"),
        ("    def run(self", "    def walk(self"),
        ("    def _failure(", "    def again(self, tool):\n        return tool.run(1, 2)\n\n    def _failure("),
    ],
)
def test_a_runner_that_does_not_count_in_finally_is_found(good: str, bad: str) -> None:
    broken = RUNNER.replace(good, bad, 1)
    if "if True" in bad:
        broken = broken.replace("        except Exception", "        except ValueError", 1)
    assert broken != RUNNER

    assert "runner-finally" in rules_broken(TOOL_RUNNER, broken)


def test_a_tree_without_a_runner_is_no_clean_tree(tmp_path: Path) -> None:
    assert [breach.rule for breach in check_tree(tmp_path)] == ["runner-finally"]


def test_a_file_that_is_no_python_is_named(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "half.py").write_text("x = 1\ndef f(:\n")

    assert str(check_tree(tmp_path)[0]).startswith("bot/half.py:2: syntax: ")


@pytest.mark.parametrize(
    "text",
    [
        "replace(phase, state=PhaseState.COMPLETED)",
        "replace(one, state=new)",
        "Phase(key='a', ordinal=1, title='A', state=state)",
        "found.with_fields(state=PhaseState.FAILED)",
        "replace(phase, state=next_state(phase.state, trigger))",
        "phase.state = PhaseState.FAILED",
        "object.__setattr__(phase, 'state', PhaseState.FAILED)",
        "setattr(phase, 'state', new)",
        "replace(phase, **{'state': PhaseState.FAILED})",
    ],
)
def test_a_state_that_is_set_past_the_table_is_found(text: str) -> None:
    assert rules_broken("services/coordinator/orders.py", text) == ["phase-state"]


@pytest.mark.parametrize(
    "text",
    [
        "replace(plan, state=PlanState.PAUSED)",
        "replace(attempt, state=outcome.state)",
        "Attempt(number=1, state=AttemptState.CLAIMED)",
        "phase.on(Trigger.PASSED, failure=None)",
    ],
)
def test_plans_and_attempts_have_states_of_their_own(text: str) -> None:
    assert rules_broken("services/coordinator/orders.py", text) == []


def test_only_the_named_functions_may_set_a_state() -> None:
    text = "def on(self):\n    replace(self, state=next_state(self.state, trigger))\n"

    assert rules_broken("services/domain/phase.py", text) == []
    assert rules_broken("services/domain/phase.py", text.replace("on", "off")) == ["phase-state"]
    assert rules_broken("services/domain/plan.py", text) == ["phase-state"]


@pytest.mark.parametrize(
    "text",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "from time import time",
        "clock = datetime.now",
    ],
)
def test_a_look_at_the_wall_clock_is_found(text: str) -> None:
    assert rules_broken("bot/web/app.py", text) == ["clock"]
    assert rules_broken("bot/clock.py", text) == []


def test_monotonic_seconds_are_free() -> None:
    assert rules_broken("bot/executors/held.py", "import time\ntime.monotonic()\nclock.now()") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("services/ports.py", "import bot.clock"),
        ("services/ports.py", "from bot import clock"),
        ("services/ports.py", "import sqlalchemy"),
        ("services/ports.py", "def f():\n    from httpx import get"),
        ("services/ports.py", "import os"),
        ("services/ports.py", "from random import random"),
        ("services/ports.py", "from . import domain"),
        ("bot/store/work.py", "from bot.github.client import Client"),
        ("bot/store/work.py", "from bot import github"),
        ("bot/executors/local.py", "import bot.tools.command"),
        ("bot/tools/command.py", "def f():\n    from bot.executors import local"),
        ("bot/localhub/hub.py", "from bot.store import work"),
    ],
)
def test_an_import_that_goes_the_wrong_way_is_found(path: str, text: str) -> None:
    assert rules_broken(path, text) == ["imports"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("services/ports.py", "import re\nfrom ruamel.yaml import YAML\nfrom services.domain import plan"),
        ("bot/store/work.py", "from bot.store.rows import row\nfrom bot.clock import SystemClock\nimport sqlalchemy"),
        ("bot/bootstrap.py", "from bot.github import client\nfrom bot.store import work"),
    ],
)
def test_imports_in_the_right_direction_are_free(path: str, text: str) -> None:
    assert rules_broken(path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "try: f()\nexcept Exception: pass",
        "try: f()\nexcept: pass",
        "try: f()\nexcept (ValueError, Exception) as error: log(error)",
        "try: f()\nexcept BaseException:  # noqa: BLE001\n    pass",
        "with suppress(Exception): f()",
        "with contextlib.suppress(KeyError, BaseException): f()",
    ],
)
def test_an_exception_that_is_swallowed_is_found(text: str) -> None:
    assert rules_broken("bot/web/app.py", text) == ["swallowed"]


@pytest.mark.parametrize(
    "text",
    [
        "try: f()\nexcept ValueError: pass",
        "try: f()\nexcept Exception:\n    log()\n    raise",
        "try: f()\nexcept Exception as error:\n    raise Mine from error",
        "try: f()\nexcept Exception:  # noqa: BLE001 - one bad delivery must not stop the others\n    log()",
        "with suppress(KeyError): f()",
    ],
)
def test_an_exception_that_is_dealt_with_is_free(text: str) -> None:
    assert rules_broken("bot/web/app.py", text) == []
