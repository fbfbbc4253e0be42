"""Jobs: tools run on request, if the operator exposes them; what becomes of them outlives the process that ran them."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.execution.waiting import eventually

from .conftest import PATIENCE, TOKEN, Bot, asked, error_of, ok, running_bot
from .test_serve import WITHOUT_ISSUES, client, lines_until, process

SECRET = "correct-horse-battery"


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with (
        running_bot(tmp_path, api_tools="command, noop, http", tools_off="http", gitlab_token=SECRET) as phasebot,
        asked(phasebot) as bot,
    ):
        yield bot


def execute(http: httpx.Client, tool: str = "command", timeout: int = 600, **arguments: Any) -> Any:
    answer = http.post(f"/api/tools/{tool}/execute", json={"arguments": arguments, "timeout": timeout})
    assert answer.status_code == 202, answer.text
    return ok(http.get(answer.headers["location"]))


def ended(http: httpx.Client, job: Any) -> Any:
    found = ok(http.get(f"/api/jobs/{job['id']}", params={"wait": int(PATIENCE)}))
    assert found["state"] not in ("queued", "running")
    return found


def test_a_tool_is_run_and_its_result_and_output_are_kept(bot: Bot) -> None:
    job = ended(bot.http, execute(bot.http, run=["echo", "hello"]))

    assert (job["state"], job["tool"], job["requested_by"]) == ("succeeded", "command", "operator")
    assert job["arguments"] == {"run": ["echo", "hello"]}
    assert job["result"]["exit_code"] == 0
    assert job["failure"] is None
    assert bot.get(f"/api/jobs/{job['id']}/log") == {
        "text": "hello\n",
        "start": 0,
        "next": 6,
        "size": 6,
        "is_over": True,
    }


def test_a_failure_is_the_envelope_that_attempts_have(bot: Bot) -> None:
    job = ended(bot.http, execute(bot.http, shell=True, run="echo no; exit 3"))

    assert (job["state"], job["result"]) == ("failed", None)
    assert (job["failure"]["tool"], job["failure"]["details"]["exit_code"]) == ("command", 3)
    assert "no" in job["failure"]["details"]["output_tail"]


def test_it_is_counted_among_the_runs_of_the_tool(bot: Bot) -> None:
    ended(bot.http, execute(bot.http, "noop"))

    (noop,) = [one for one in bot.get("/api/tools")["tools"] if one["name"] == "noop"]
    assert (noop["metrics"]["success_count"], noop["exposed"]) == (1, True)


def test_what_takes_too_long_is_ended(bot: Bot) -> None:
    job = ended(bot.http, execute(bot.http, timeout=1, run=["sleep", "600"]))

    assert (job["state"], job["failure"]["type"]) == ("timed_out", "timed_out")


def test_its_output_can_be_followed_and_it_can_be_ended(bot: Bot) -> None:
    job = execute(bot.http, shell=True, run="echo begun; exec sleep 600")
    output_of(bot.http, job)

    assert bot.get(f"/api/jobs/{job['id']}")["state"] == "running"
    assert not bot.get(f"/api/jobs/{job['id']}/log")["is_over"]
    bot.post(f"/api/jobs/{job['id']}/cancel")
    job = ended(bot.http, job)

    assert (job["state"], job["failure"]["type"]) == ("cancelled", "cancelled")
    error = error_of(bot.http.post(f"/api/jobs/{job['id']}/cancel"), 409)
    assert (error["type"], error["details"]) == ("job_over", {"state": "cancelled"})


def test_one_that_waits_for_its_turn_is_ended_at_once(bot: Bot) -> None:
    running = [execute(bot.http, run=["sleep", "600"]) for _ in range(4)]
    waiting = execute(bot.http, run=["touch", "/tmp/never"])

    cancelled = bot.post(f"/api/jobs/{waiting['id']}/cancel")

    assert (cancelled["state"], cancelled["started_at"]) == ("cancelled", None)
    for job in running:
        bot.post(f"/api/jobs/{job['id']}/cancel")
        assert ended(bot.http, job)["state"] == "cancelled"


def test_an_end_wished_for_by_another_process_comes_too(bot: Bot) -> None:
    job = execute(bot.http, shell=True, run="echo begun; exec sleep 600")
    output_of(bot.http, job)

    bot.phasebot.store.jobs.cancel(job["id"])  # all that another process can do
    bot.phasebot.jobs.look()

    assert ended(bot.http, job)["state"] == "cancelled"


def test_it_works_in_a_folder_that_is_thrown_away(bot: Bot, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    job = ended(bot.http, execute(bot.http, shell=True, run="touch new; pwd; ls -A"))

    where, *there = bot.get(f"/api/jobs/{job['id']}/log")["text"].splitlines()
    assert there == ["new"]
    assert not Path(where).exists()
    assert not (tmp_path / "new").exists()
    assert [one for one in before if not one.exists()] == []


def test_in_a_repository_it_has_the_last_commit(bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("kept")
    for words in (
        ["init", "-q"],
        ["add", "kept.txt"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)

    job = ended(bot.http, execute(bot.http, shell=True, run="cat kept.txt; rm kept.txt"))

    assert bot.get(f"/api/jobs/{job['id']}/log")["text"] == "kept"
    assert (tmp_path / "kept.txt").exists()
    assert list((tmp_path / "worktrees").glob("job-*")) == []


def test_the_audit_trail_says_who_and_why(bot: Bot) -> None:
    wanted = {"arguments": {"run": ["sleep", "600"]}, "why": "to see"}
    job = ok(bot.http.post("/api/tools/command/execute", json=wanted))
    bot.post(f"/api/jobs/{job['id']}/cancel", {"why": "seen"})
    ended(bot.http, job)

    lines = [line for line in bot.get("/api/events", job=job["id"])["events"] if line["kind"] != "job_running"]
    assert [(line["kind"], line["by"], line["facts"].get("why")) for line in lines] == [
        ("job_requested", "operator", "to see"),
        ("job_cancel_requested", "operator", "seen"),
        ("job_cancelled", "", None),
    ]
    assert {(line["plan"], line["project"]) for line in lines} == {("", job["project"])}
    error_of(bot.http.post(f"/api/jobs/{job['id']}/cancel", json={"whi": ""}), 422)


def test_secrets_are_nowhere_in_it(bot: Bot) -> None:
    job = ended(bot.http, execute(bot.http, run=["echo", SECRET], env={"KEY": SECRET}))
    failed = ended(bot.http, execute(bot.http, shell=True, run=f"echo {SECRET}; exit 1"))

    everything = [bot.http.get(f"/api/jobs/{one['id']}{what}").text for one in (job, failed) for what in ("", "/log")]
    assert SECRET not in "".join(everything)
    assert "[redacted]" in everything[1]


# ---------------------------------------------------------------- what is refused


def test_only_tools_that_the_operator_exposes_are_run(bot: Bot) -> None:
    error = error_of(bot.http.post("/api/tools/files/execute", json={}), 403)

    assert (error["type"], error["details"]["where"]) == ("tool_not_exposed", "PHASEBOT_API_TOOLS")
    assert "files" in error["details"]["fix"]


def test_nothing_is_exposed_by_itself(tmp_path: Path) -> None:
    with running_bot(tmp_path) as phasebot, asked(phasebot) as bot:
        assert not any(one["exposed"] for one in bot.get("/api/tools")["tools"])
        error_of(bot.http.post("/api/tools/noop/execute", json={}), 403)


def test_a_tool_that_is_not_there_or_switched_off_is_refused(bot: Bot) -> None:
    error_of(bot.http.post("/api/tools/nothing/execute", json={}), 404)
    assert error_of(bot.http.post("/api/tools/http/execute", json={}), 409)["type"] == "tool_unavailable"


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({}, "body.arguments.run"),
        ({"run": "ls", "nonsense": 1}, "body.arguments.nonsense"),
        ({"run": ["a", "\0"]}, "body.arguments.run"),
        ({"run": "'open"}, "body.arguments"),
    ],
)
def test_arguments_that_the_tool_does_not_take_never_become_a_job(bot: Bot, arguments: Any, where: str) -> None:
    error = error_of(bot.http.post("/api/tools/command/execute", json={"arguments": arguments}), 422)

    assert error["details"][0]["where"].startswith(where)
    assert bot.get("/api/jobs")["jobs"] == []


def test_what_is_refused_does_not_say_the_value(bot: Bot) -> None:
    answer = bot.http.post("/api/tools/command/execute", json={"arguments": {"run": {"x": "hunter22"}}})

    error_of(answer, 422)
    assert "hunter22" not in answer.text


def test_the_same_request_twice_is_one_job(bot: Bot) -> None:
    def send(_: int) -> str:
        sent = bot.http.post("/api/tools/noop/execute", json={}, headers={"Idempotency-Key": "once"})
        return str(ok(sent)["id"])

    first = send(0)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {first}
    assert len(bot.get("/api/jobs")["jobs"]) == 1


def test_jobs_are_of_a_project_and_listed_page_by_page(bot: Bot) -> None:
    for project in ("acme/site", "acme/site", "other/shop"):
        bot.post("/api/tools/noop/execute", {"project": project})
    token = bot.post("/api/tokens", {"name": "t", "role": "operator", "project": "acme/site"})["token"]
    theirs = {"Authorization": f"Bearer {token}"}

    listed = ok(bot.http.get("/api/jobs", params={"limit": 2}))
    rest = ok(bot.http.get("/api/jobs", params={"limit": 2, "cursor": listed["next"]}))
    own = ok(bot.http.get("/api/jobs", headers=theirs))

    assert [one["project"] for one in listed["jobs"]] == ["other/shop", "acme/site"]
    assert ([one["project"] for one in rest["jobs"]], rest["next"]) == (["acme/site"], None)
    assert {one["project"] for one in own["jobs"]} == {"acme/site"}
    error_of(bot.http.get(f"/api/jobs/{listed['jobs'][0]['id']}", headers=theirs), 404)
    error_of(bot.http.post("/api/tools/noop/execute", json={"project": "other/shop"}, headers=theirs), 404)


# ---------------------------------------------------------------- the end of the server


def output_of(http: httpx.Client, job: Any) -> str:
    """Its first line, once it is there."""
    eventually(lambda: "\n" in ok(http.get(f"/api/jobs/{job['id']}/log"))["text"])
    return str(ok(http.get(f"/api/jobs/{job['id']}/log"))["text"])


EXPOSED = {"PHASEBOT_API_TOOLS": "command", "PHASEBOT_API_TOKEN": TOKEN}
SAID = f"API token of this run: {TOKEN}"


def test_a_job_of_a_server_that_was_killed_is_lost_and_nothing_of_it_runs_on(tmp_path: Path) -> None:
    with (
        process(tmp_path, WITHOUT_ISSUES, **EXPOSED) as started,
        client(lines_until(started, "webhooks") + SAID) as http,
    ):
        job = execute(http, shell=True, run="echo $$; exec sleep 600")
        pid = int(output_of(http, job))
        started.kill()
        started.wait(PATIENCE)
    assert psutil.pid_exists(pid)

    with (
        process(tmp_path, WITHOUT_ISSUES, **EXPOSED) as started,
        client(lines_until(started, "webhooks") + SAID) as http,
    ):
        lost = ok(http.get(f"/api/jobs/{job['id']}"))
        eventually(lambda: not psutil.pid_exists(pid))
        assert (lost["state"], lost["failure"]["type"], lost["finished_at"]) == ("lost", "interrupted", None)
        assert error_of(http.post(f"/api/jobs/{job['id']}/cancel"), 409)["details"] == {"state": "lost"}


def test_a_server_that_is_told_to_end_lets_a_job_finish(tmp_path: Path) -> None:
    with (
        process(tmp_path, WITHOUT_ISSUES, **EXPOSED) as started,
        client(lines_until(started, "webhooks") + SAID) as http,
    ):
        job = execute(http, shell=True, run=f"echo begun; until [ -e {tmp_path}/go ]; do sleep 0.02; done")
        output_of(http, job)
        started.send_signal(signal.SIGTERM)
        lines_until(started, "ending")
        (tmp_path / "go").touch()
        assert started.wait(PATIENCE) == 0

    with closing(sqlite3.connect(tmp_path / "phasebot.db")) as database:
        assert database.execute("SELECT state FROM jobs").fetchall() == [("succeeded",)]
