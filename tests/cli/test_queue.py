"""`phasebot queue`, as a process on a database and on a server; the finer points of the places within this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.bootstrap import Options, Phasebot
from bot.cli.queue import lines
from bot.cli.queue.places import OnDatabase, OnServer, Queue
from bot.client import ApiError, Client
from bot.settings import Settings
from services.domain.errors import NotFound, RemoteUnavailable, UserError
from tests.cli.process import Phasebot as Program
from tests.web.conftest import PLAN, TOKEN, Bot, asked

GATED = "version: 1\nphases: [{match: Setup, approval: true}]\n"


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    settings = Settings(database_url=str(tmp_path / "bot.db"), webhook_secret=SecretStr("s"))
    with Phasebot(settings, Options(workspace=tmp_path, issues=False)) as phasebot:
        phasebot.start()
        with asked(phasebot) as bot:
            yield bot


@pytest.fixture(params=["database", "server"])
def place(request: pytest.FixtureRequest, bot: Bot) -> Iterator[Queue]:
    """The same queue from both sides."""
    found: Queue = (
        OnDatabase(bot.phasebot.settings, by="ada") if request.param == "database" else OnServer(Client(bot.url, TOKEN))
    )
    yield found
    found.close()


def test_the_queue_looks_the_same_from_both_sides(bot: Bot) -> None:
    plan = bot.upload()
    bot.upload(again=True)
    on_database, on_server = OnDatabase(bot.phasebot.settings, by="ada"), OnServer(Client(bot.url, TOKEN))

    for wanted in ({}, {"plan": plan["id"]}, {"status": "queued"}, {"project": "acme/none"}):
        asked = {"project": None, "status": None, "plan": None} | wanted
        here, there = list(on_database.items(**asked)), list(on_server.items(**asked))
        assert list(lines.listed(here)) == list(lines.listed(there))
        assert [one.queue_id for one in here] == [one.queue_id for one in there]
    assert list(lines.listed([])) == ["No such phases."]
    on_database.close()
    on_server.close()


def test_orders_are_carried_out_from_both_sides(bot: Bot, place: Queue) -> None:
    setup, pages, _ = (one["queue_id"] for one in bot.upload()["phases"])

    place.order("complete", setup, "")

    assert place.item(setup).status == "completed"
    bot.phasebot.loop.look()
    bot.wait_until(lambda: bot.get(f"/api/phases/{pages}")["status"] == "running")
    place.order("pause", pages.split(".")[0], "")
    assert bot.get(f"/api/plans/{pages.split('.')[0]}")["status"] == "paused"
    assert [one.number for one in place.attempts(setup)] == [1]


def test_what_does_not_fit_is_refused_in_words(bot: Bot, place: Queue) -> None:
    setup = bot.upload()["phases"][0]["queue_id"]

    with pytest.raises(UserError, match="running"):
        place.order("retry", setup, "")
    for target in ("nothing", "nothing.1"):
        with pytest.raises(NotFound, match="nothing"):
            place.order("cancel", target, "")


def test_it_is_a_program(bot: Bot, tmp_path: Path) -> None:
    setup, pages, _ = (one["queue_id"] for one in bot.upload()["phases"])
    program = Program(tmp_path)

    listed = program("queue", "list", "--db", str(tmp_path / "bot.db"))
    why = program("queue", "why", pages, "--json", "--server", bot.url, env={"PHASEBOT_API_TOKEN": TOKEN})
    refused = program("queue", "retry", setup, "--server", bot.url, env={"PHASEBOT_API_TOKEN": TOKEN})

    assert (listed.code, why.code, refused.code) == (0, 0, 2)
    assert f"{pages}" in listed.out
    assert "Pages: waits for 1: Setup" in listed.out
    assert json.loads(why.out)["reason"]["words"] == "waits for 1: Setup"
    assert refused.err.startswith("error: ")


@pytest.mark.parametrize("command", [["queue", "list"], ["retract", "4kd0x9q2mz"], ["token", "list"]])
def test_looking_where_no_database_is_makes_none(command: list[str], tmp_path: Path) -> None:
    program = Program(tmp_path)

    done = program(*command, "--db", "mistyped/phasebot.db")

    assert done.code == 2
    assert done.err.startswith(
        f"error: {program.folder}/mistyped/phasebot.db: there is no database\n  Name another one"
    )
    assert program.files() == set()


# ---------------------------------------------------------------- the client


def test_pages_go_on_by_themselves(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.client import client as module

    monkeypatch.setattr(module, "PAGE", 2)
    bot.upload()
    bot.upload(again=True)

    with Client(bot.url, TOKEN) as client:
        assert len(list(client.queue())) == 6
        assert len(list(client.plans())) == 2
        assert [one.seq for one in client.events()] == sorted({one.seq for one in client.events()})


def test_errors_have_their_kinds(bot: Bot) -> None:
    plan = bot.upload()
    with Client(bot.url, "wrong") as stranger, pytest.raises(ApiError) as refused:
        stranger.plan(plan["id"])
    assert refused.value.status == 401
    with Client(bot.url, TOKEN) as client, pytest.raises(ApiError) as stale:
        client.order_plan(plan["id"], "pause", version=plan["version"] + 7)
    assert (stale.value.code, stale.value.details) == ("stale_version", {"version": plan["version"]})
    with Client("http://127.0.0.1:1", TOKEN) as nobody, pytest.raises(RemoteUnavailable, match="cannot be reached"):
        nobody.plan("x")


def test_changes_are_followed(bot: Bot) -> None:
    with Client(bot.url, TOKEN) as client:
        following = client.follow()
        assert next(following)["type"] == "hello"
        plan = client.upload(PLAN)

        told = next(one for one in following if one["type"] == "changes")

        assert told["changes"][0]["plan"] == plan.id
        following.close()  # type: ignore[attr-defined]
