"""The command tool, with real processes."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.tools import builtin_registry
from bot.tools.command import CommandTool
from bot.tools.process_group import Grace
from services.domain.failure import Failure
from services.execution.cancellation import Cancellation, Stop
from services.execution.registry import Registry
from services.execution.tool import Context
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import KeptFailures, MemoryOutput, SeenGroups, StandingClock, context
from tests.execution.waiting import eventually

ENVIRON = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "GITHUB_TOKEN": "ours", "PHASEBOT_API_TOKEN": "ours too"}
BRIEF = Grace(term=0.2, output=0.2)


def run(at: Context, grace: Grace = BRIEF, **arguments: Any) -> Failure | None:
    runner = ToolRunner(Registry([CommandTool(ENVIRON, grace)]), StandingClock(), KeptFailures())
    result = runner.run("command", arguments, at)
    return result if isinstance(result, Failure) else None


def said(at: Context) -> str:
    return at.output.tail()


def test_what_a_command_says_is_kept_in_order(tmp_path: Path) -> None:
    at = context(tmp_path)
    script = "import sys\nfor n in range(3): print(n, flush=True); print(n, 'err', file=sys.stderr, flush=True)"

    assert run(at, run=[sys.executable, "-c", script]) is None

    assert said(at).split("\n") == ["0", "0 err", "1", "1 err", "2", "2 err", ""]


def test_output_of_several_megabytes_arrives_whole(tmp_path: Path) -> None:
    at = context(tmp_path)

    assert (
        run(
            at,
            run=[sys.executable, "-c", "print('x' * 79 + chr(10), end='') or [print('y' * 79) for _ in range(50000)]"],
        )
        is None
    )

    assert isinstance(at.output, MemoryOutput)
    assert len(at.output.kept) == 80 * 50001


def test_a_text_is_split_but_no_shell_sees_it(tmp_path: Path) -> None:
    at = context(tmp_path)

    run(at, run="echo 'a b' $HOME ; touch x")

    assert said(at) == "a b $HOME ; touch x\n"
    assert list(tmp_path.iterdir()) == []


def test_a_shell_is_used_where_the_policy_says_so(tmp_path: Path) -> None:
    at = context(tmp_path)

    assert run(at, run="echo one && echo two | tr a-z A-Z", shell=True) is None

    assert said(at) == "one\nTWO\n"


def test_a_placeholder_stays_within_one_argument(tmp_path: Path) -> None:
    title = 'Build "it"; touch x $(id) {plan}'
    at = context(tmp_path, placeholders={"title": title, "plan": "Shop"})

    run(at, run=f"{sys.executable} -c 'import sys; print(sys.argv[1:])' --title={{title}} {{title}} {{other}}")

    assert said(at) == f"{['--title=' + title, title, '{other}']}\n"


def test_a_placeholder_in_a_shell_command_is_refused_with_the_way_out(tmp_path: Path) -> None:
    failure = run(context(tmp_path), run="echo {title}", shell=True)

    assert failure is not None
    assert (failure.type, failure.retryable) == ("invalid_input", False)
    assert "$PHASEBOT_TITLE" in str(failure.details)


def test_commands_see_the_attempt_and_the_policys_variables_but_nothing_of_ours(tmp_path: Path) -> None:
    at = context(tmp_path, environment={"PHASEBOT_PHASE": "schema"})

    run(at, run=[sys.executable, "-c", "import os; print(sorted(os.environ))"], env={"MODE": "fast"})

    seen = set(eval(said(at)))
    assert {"PATH", "LANG", "PHASEBOT_PHASE", "MODE"} <= seen
    assert not seen & {"GITHUB_TOKEN", "PHASEBOT_API_TOKEN"}


def test_commands_read_nothing_from_our_terminal(tmp_path: Path) -> None:
    at = context(tmp_path)

    assert run(at, run="cat") is None

    assert said(at) == ""


def test_an_exit_code_is_a_failure_that_may_be_tried_again(tmp_path: Path) -> None:
    failure = run(context(tmp_path), run="echo no such table; exit 3", shell=True)

    assert failure is not None
    assert (failure.type, failure.retryable) == ("command_failed", True)
    assert failure.message == "echo no such table; exit 3 ended with exit code 3"
    assert failure.details["exit_code"] == 3
    assert failure.details["output_tail"] == "no such table\n"


def test_death_by_a_signal_is_told_apart(tmp_path: Path) -> None:
    failure = run(context(tmp_path), run="kill -9 $$", shell=True)

    assert failure is not None
    assert failure.message.endswith("was killed by signal 9")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"run": "no-such-program --now"}, "no-such-program: no such file"),
        ({"run": ["./plain.txt"]}, "./plain.txt: permission denied"),
        ({"run": "true", "cwd": "nowhere"}, "no folder nowhere"),
    ],
)
def test_a_command_that_cannot_start_is_not_tried_again(tmp_path: Path, arguments: Any, words: str) -> None:
    (tmp_path / "plain.txt").write_text("not a program")

    failure = run(context(tmp_path), **arguments)

    assert failure is not None
    assert (failure.type, failure.retryable) == ("not_startable", False)
    assert words in failure.message


@pytest.mark.parametrize("arguments", [{"run": ""}, {"run": []}, {"run": "echo 'open"}, {"run": "a\0b"}, {"rnu": "x"}])
def test_nonsense_is_refused_before_anything_starts(tmp_path: Path, arguments: Any) -> None:
    at = context(tmp_path)

    failure = run(at, **arguments)

    assert failure is not None
    assert failure.type == "invalid_input"
    assert at.processes == SeenGroups()


def test_a_token_in_the_output_is_never_kept(tmp_path: Path) -> None:
    token = "ghp_" + "Zz9" * 13
    at = context(tmp_path)

    failure = run(at, run=f"printf 'push with {token[:20]}'; printf '{token[20:]} failed\\n'; exit 1", shell=True)

    assert failure is not None
    assert failure.details["output_tail"] == "push with [redacted] failed\n"


STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0 and sys.argv[1:] == ["leave"]:
    os.setsid()
print(os.getpid(), flush=True)
while True:
    time.sleep(60)
"""


def pids_of(at: Context) -> list[int]:
    return [int(line) for line in said(at).split()]


@pytest.mark.parametrize("where", ["stay", "leave"])
@pytest.mark.parametrize("reason", [Stop.CANCELLED, Stop.INTERRUPTED])
def test_cancelling_kills_grandchildren_that_ignore_it(tmp_path: Path, reason: Stop, where: str) -> None:
    cancellation = Cancellation()
    at = context(tmp_path, cancellation)
    results: list[Failure | None] = []
    work = threading.Thread(target=lambda: results.append(run(at, run=[sys.executable, "-c", STUBBORN, where])))
    work.start()
    eventually(lambda: len(pids_of(at)) == 2)
    pids = pids_of(at)

    cancellation.request(reason)
    work.join(timeout=20)

    [failure] = results
    assert failure is not None
    assert failure.type == reason.value
    eventually(lambda: not any(map(is_running, pids)))
    assert isinstance(at.processes, SeenGroups)
    assert len(at.processes.started) == 1


def test_a_command_past_its_deadline_is_ended(tmp_path: Path) -> None:
    moments = iter([0.0, 0.0])
    cancellation = Cancellation(deadline=1.0, seconds=lambda: next(moments, 2.0))

    failure = run(context(tmp_path, cancellation), run="sleep 60")

    assert failure is not None
    assert (failure.type, failure.retryable) == ("timed_out", True)


def test_one_that_ends_on_request_may_have_the_last_word(tmp_path: Path) -> None:
    cancellation = Cancellation()
    at = context(tmp_path, cancellation)
    script = "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.01; done"
    results: list[Failure | None] = []
    patient = Grace(term=20)
    work = threading.Thread(target=lambda: results.append(run(at, patient, run=script, shell=True)))
    work.start()
    eventually(lambda: "ready" in said(at))

    cancellation.request(Stop.CANCELLED)
    work.join(timeout=20)

    assert said(at).endswith("tidied\n")
    assert results[0] is not None
    assert results[0].type == "cancelled"


def test_what_is_left_in_the_background_ends_with_the_command(tmp_path: Path) -> None:
    at = context(tmp_path)

    assert run(at, run="sleep 60 & echo $!", shell=True) is None

    eventually(lambda: not any(map(is_running, pids_of(at))))


def test_a_daemon_that_keeps_the_output_open_does_not_hold_up_the_attempt(tmp_path: Path) -> None:
    at = context(tmp_path)
    daemon = "import os, time; os.fork() and os._exit(0); os.setsid(); print(os.getpid(), flush=True); time.sleep(60)"
    waits = "import os, sys, subprocess; p = subprocess.Popen([sys.executable, '-c', sys.argv[1]]); p.wait()"

    assert run(at, run=[sys.executable, "-c", waits, daemon]) is None

    for pid in pids_of(at):
        os.kill(pid, 9)


def test_nothing_starts_once_it_is_cancelled(tmp_path: Path) -> None:
    cancellation = Cancellation()
    cancellation.request(Stop.CANCELLED)
    at = context(tmp_path, cancellation)

    failure = run(at, run="touch x")

    assert failure is not None
    assert failure.type == "cancelled"
    assert list(tmp_path.iterdir()) == []


def test_the_registry_brings_the_built_in_tools() -> None:
    assert set(builtin_registry({}).snapshot()) == {"agent", "checks", "command", "files", "http", "noop"}


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
