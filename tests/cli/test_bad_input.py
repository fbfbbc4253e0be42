"""Bad input: each case says what is wrong, where, and the way out; has its exit code; and leaves nothing half-written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bot.localhub import Hub, HubServer
from tests.cli.process import Phasebot
from tests.cli.samples import ALL_PASS, CHAIN, CYCLE, PROSE, many

CASES = {
    "no phases": (PROSE, ALL_PASS, [], "plan.md: no phases found in this document", "## Phase 1"),
    "a cycle": (CYCLE, ALL_PASS, [], "these phases wait for one another", "[cycle]"),
    "too big": ("a" * (5 * 1024 * 1024 + 1), ALL_PASS, [], "plan.md: the file has", "Split the plan"),
    "binary": ("# Plan\0", ALL_PASS, [], "plan.md: this is a binary file", "Upload a Markdown file."),
    "unknown version": (CHAIN, ALL_PASS.replace("1", "7"), [], "phasebot.yml", "only version 1 is understood"),
    "unknown tool": (CHAIN, ALL_PASS.replace("command", "comand"), [], "phasebot.yml", "Did you mean `command`?"),
    "too many": (many(21), ALL_PASS, [], "21 phases, where 20 are allowed", "Split the plan"),
    "no YAML": (CHAIN, "version: [1\n", [], "phasebot.yml", "error"),
    "unknown phase": (CHAIN, ALL_PASS, ["--phases", "Wals"], "--phases: this plan has no phase “Wals”", "“2: Walls”"),
    "no workspace": (CHAIN, ALL_PASS, ["--workspace", "nowhere"], "--workspace: there is no folder nowhere", "Make it"),
    "no workers": (CHAIN, ALL_PASS, ["--workers", "0"], "Invalid value for '--workers'", "phasebot run --help"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_used_is_refused_before_anything_is_written(phasebot: Phasebot, case: str) -> None:
    plan, policy, more, place, way_out = CASES[case]
    phasebot.write("plan.md", plan)
    phasebot.write("phasebot.yml", policy)

    refused = phasebot("run", "plan.md", "--policy", "phasebot.yml", *more)

    assert refused.code == 2, refused.err
    assert refused.err.startswith("error: ")
    assert place in refused.err
    assert way_out in refused.err
    assert "Traceback" not in refused.err
    assert refused.out == ""
    assert phasebot.files() == {"work/plan.md", "work/phasebot.yml"}


def test_every_problem_of_a_policy_is_told_with_its_line(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)
    phasebot.write("phasebot.yml", ALL_PASS.replace("command", "comand") + "    retires: 2\n    on_error: explode\n")

    refused = phasebot("run", "plan.md", "--policy", "phasebot.yml")

    assert refused.code == 2
    assert [line for line in ("5", "6", "7") if f"{line}" in refused.err] == ["5", "6", "7"]
    assert all(word in refused.err for word in ("comand", "retires", "explode"))


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", b"\xef\xbb\xbf" + CHAIN.replace("\n", "\r\n").encode())
    phasebot.write("phasebot.yml", b"\xef\xbb\xbf" + ALL_PASS.replace("\n", "\r\n").encode())

    done = phasebot("run", "plan.md", "--policy", "phasebot.yml", "--no-issues")

    assert done.code == 0
    assert done.out.startswith("Build a shed: completed (3 completed)")


@pytest.fixture
def github() -> Iterator[HubServer]:
    """A server that speaks GitHub's API, with one repository."""
    hub = Hub(None)
    hub.create_user("ada")
    hub.create_repository("acme/site")
    with HubServer(hub) as server:
        yield server
    hub.close()


def _refused(phasebot: Phasebot, env: dict[str, str]) -> tuple[int, str]:
    phasebot.write("plan.md", CHAIN)
    refused = phasebot("run", "plan.md", "--repo", "acme/site", env=env)
    assert phasebot.files() == {"work/plan.md"}
    assert refused.out == ""
    return refused.code, refused.err


def test_a_repository_wants_a_token(phasebot: Phasebot) -> None:
    code, said = _refused(phasebot, {"PATH": "/usr/bin:/bin"})

    assert code == 4
    assert said.startswith("error: PHASEBOT_GITHUB_TOKEN: writing to acme/site needs a token, and there is none\n")


def test_a_token_that_github_refuses_is_not_authorised(phasebot: Phasebot, github: HubServer) -> None:
    code, said = _refused(phasebot, {"PHASEBOT_GITHUB_TOKEN": "wrong", "PHASEBOT_GITHUB_API_URL": github.url})

    assert code == 4
    assert "GitHub refuses the token (401" in said


def test_a_repository_that_is_not_there_cannot_be_read(phasebot: Phasebot, github: HubServer) -> None:
    token = github.hub.create_token("ada")
    phasebot.write("plan.md", CHAIN)

    refused = phasebot(
        "run",
        "plan.md",
        "--repo",
        "acme/nothing",
        env={"PHASEBOT_GITHUB_TOKEN": token, "PHASEBOT_GITHUB_API_URL": github.url},
    )

    assert refused.code == 3
    assert "/repos/acme/nothing: there is no such repository" in refused.err
    assert phasebot.files() == {"work/plan.md"}


def test_a_github_that_cannot_be_reached_is_named(phasebot: Phasebot) -> None:
    nobody = "http://127.0.0.1:9"

    code, said = _refused(phasebot, {"PHASEBOT_GITHUB_TOKEN": "any", "PHASEBOT_GITHUB_API_URL": nobody})

    assert code == 3
    assert said.startswith(f"error: {nobody}/repos/acme/site: GitHub cannot be reached: ")
    assert "Nothing was written." in said


def test_a_database_that_somebody_else_has_locked_is_named(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)
    phasebot("db", "upgrade", "--db", "bot.db")
    connection = sqlite3.connect(phasebot.folder / "bot.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")

    refused = phasebot("run", "plan.md", "--no-issues", "--db", "bot.db")
    connection.execute("ROLLBACK")

    assert refused.code == 5
    assert "bot.db: the database is locked by another program\n" in refused.err
    assert connection.execute("SELECT count(*) FROM plans").fetchone() == (0,)
    connection.close()


def test_a_disk_that_is_full_is_named(phasebot: Phasebot) -> None:
    phasebot.write("plan.md", CHAIN)

    refused = phasebot("run", "plan.md", "--no-issues", "--db", "bot.db", largest_file=8 * 1024)

    assert refused.code == 5, refused.err
    assert "bot.db: " in refused.err
    assert "disk" in refused.err
    assert "Traceback" not in refused.err
