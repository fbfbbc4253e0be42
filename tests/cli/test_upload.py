"""`phasebot upload`, as a process, at a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.process import Ended
from tests.cli.process import Phasebot as Program
from tests.web.conftest import PLAN, TOKEN, Bot, asked, running_bot

Upload = Callable[..., Ended]


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with running_bot(tmp_path) as phasebot, asked(phasebot) as bot:
        yield bot


@pytest.fixture
def upload(bot: Bot, tmp_path: Path) -> Upload:
    (tmp_path / "program").mkdir()
    program = Program(tmp_path / "program")
    program.write("site.md", PLAN)
    program.write("phasebot.yml", "version: 1\nphases: [{match: Setup, executor: local, operations: [{tool: noop}]}]\n")

    def run(*arguments: str, given: bytes = b"") -> Ended:
        env = {"PHASEBOT_API_TOKEN": TOKEN}
        return program("upload", *arguments, "--server", bot.url, given=given, env=env)

    return run


def test_a_plan_is_handed_in_and_published(bot: Bot, upload: Upload) -> None:
    done = upload("site.md", "--project", "acme/site", "--json")
    from_stdin = upload("-", "--again", given=PLAN.encode())

    assert (done.code, from_stdin.code) == (0, 0)
    plan = bot.get(f"/api/plans/{json.loads(done.out)['id']}")
    assert (plan["project"], plan["state"], len(plan["phases"])) == ("acme/site", "active", 3)
    assert len(bot.get("/api/plans")["plans"]) == 2


def test_it_is_looked_at_first_and_published_when_that_is_meant(bot: Bot, upload: Upload) -> None:
    shown = upload("site.md", "--preview", "--policy", "phasebot.yml")

    assert (shown.code, bot.get("/api/plans")["plans"]) == (0, [])
    assert "1 Setup: local" in shown.out
    assert "2 Pages (after 1): manual" in shown.out
    draft = shown.out.split()[-1]

    done = upload("--confirm", draft)

    assert (done.code, done.out.startswith("published as plan ")) == (0, True)
    assert len(bot.get("/api/plans")["plans"]) == 1
    assert upload("--confirm", draft).code == 2


def test_what_does_not_fit_is_refused_in_words(bot: Bot, upload: Upload) -> None:
    missing, unknown = upload("nothing.md"), upload("nothing", "--confirm")
    no_plan = upload("-", given=b"Nothing of that kind.")

    assert [one.code for one in (missing, unknown, no_plan)] == [2, 2, 2]
    assert "nothing.md: there is no such file" in missing.err
    assert "there is no draft nothing" in unknown.err
    assert "no phases were found" in no_plan.err
    assert bot.get("/api/plans")["plans"] == []
