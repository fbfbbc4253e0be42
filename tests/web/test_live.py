"""Changes as they are committed: over the socket, and for those without one."""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.live import feed, socket
from services.domain.access import Role
from tests import postgres

from .conftest import PATIENCE, PLAN, TOKEN, Bot, error_of, ok, served
from .test_sessions import sign_in


class Listener:
    """A client of the socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.waiting: deque[Any] = deque()

    def next(self, type: str = "change", **wanted: Any) -> Any:
        """The next message of this type, or the next change, with these values."""
        while True:
            found = self.waiting.popleft() if self.waiting else json.loads(self.connection.recv(timeout=PATIENCE))
            if found["type"] == "changes":
                self.waiting.extend({"type": "change", **one} for one in found["changes"])
                self.waiting.extend({"type": "job", **one} for one in found["jobs"])
            elif found["type"] == type and all(found[name] == value for name, value in wanted.items()):
                return found

    def closed(self) -> int:
        """The code with which the server ends it."""
        try:
            while True:
                self.connection.recv(timeout=PATIENCE)
        except ConnectionClosed as ended:
            return ended.rcvd.code if ended.rcvd else 0


@contextmanager
def listening(bot: Bot, after: int | None = None, *, token: str = TOKEN, **more: Any) -> Iterator[Listener]:
    url = bot.url.replace("http", "ws") + "/ws" + (f"?after={after}" if after is not None else "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with connect(url, additional_headers=headers, proxy=None, **more) as connection:
        yield Listener(connection)


def test_a_change_is_told_when_it_is_committed(bot: Bot) -> None:
    with listening(bot) as listener:
        listener.next("hello")
        plan = bot.upload()

        told = listener.next(plan=plan["id"])

        assert told["project"] == plan["project"]
        bot.post(f"/api/phases/{plan['phases'][0]['queue_id']}/complete")
        phases = {one["queue_id"]: one["status"] for one in listener.next()["phases"]}
        assert phases[plan["phases"][0]["queue_id"]] == "completed"


def test_jobs_are_told_of_beside_the_plans(bot: Bot) -> None:
    with listening(bot) as listener:
        after = listener.next("hello")["seq"]
        job = bot.post("/api/tools/noop/execute", {"project": "acme/site"})["id"]
        bot.get(f"/api/jobs/{job}", wait=int(PATIENCE))
        kinds: list[str] = []
        while "job_succeeded" not in kinds:
            told = listener.next("job")
            assert (told["job"], told["project"]) == (job, "acme/site")
            kinds += told["kinds"]
    assert kinds == ["job_requested", "job_running", "job_succeeded"]

    (missed,) = bot.get("/api/changes", after=after)["jobs"]
    assert (missed["job"], missed["kinds"]) == (job, kinds)
    token = bot.post("/api/tokens", {"name": "other", "role": Role.VIEWER, "project": "acme/other"})["token"]
    others = ok(bot.http.get("/api/changes", params={"after": after}, headers={"Authorization": f"Bearer {token}"}))
    assert (others["jobs"], others["seq"]) == ([], missed["seq"])


def test_how_urgent_something_is_now_is_told_too(bot: Bot) -> None:
    plan = bot.upload()
    with listening(bot) as listener:
        listener.next("hello")
        bot.post(f"/api/plans/{plan['id']}/priority", {"priority": 10})
        assert listener.next(plan=plan["id"])["kinds"] == ["priority_set"]

        bot.post(f"/api/phases/{plan['phases'][1]['queue_id']}/priority", {"priority": 20})
        told = listener.next(plan=plan["id"])

    assert (told["kinds"], [one["queue_id"] for one in told["phases"]]) == (
        ["priority_set"],
        [plan["phases"][1]["queue_id"]],
    )


def test_who_comes_back_is_told_what_it_has_missed_and_nothing_twice(bot: Bot) -> None:
    with listening(bot) as listener:
        seq = listener.next("hello")["seq"]
    plan = bot.upload()["id"]
    bot.post(f"/api/plans/{plan}/pause")

    with listening(bot, seq) as listener:
        missed = listener.next()
        bot.post(f"/api/plans/{plan}/resume")
        after = listener.next()

    assert (missed["plan"], "plan_paused" in missed["kinds"]) == (plan, True)
    assert after["kinds"] == ["plan_active"]
    assert after["seq"] > missed["seq"] > seq
    assert bot.get(f"/api/plans/{plan}")["version"] == after["version"]


def test_who_was_away_too_long_is_told_to_look_again(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "_BACKLOG", 1)
    bot.upload()

    with listening(bot, 0) as listener:
        reset = listener.next("reset")
        assert reset["seq"] == bot.get("/api/changes")["seq"]
    assert bot.get("/api/changes", after=0)["is_reset"]


def test_a_number_that_was_never_given_begins_anew(bot: Bot) -> None:
    with listening(bot, 10**9) as listener:
        assert listener.next("reset")["seq"] == 0
        bot.upload()
        listener.next()


def test_only_what_one_may_see_is_told(bot: Bot) -> None:
    token = bot.post("/api/tokens", {"name": "site", "role": "viewer", "project": "acme/site"})["token"]

    with listening(bot, token=token) as listener:
        listener.next("hello")
        bot.upload(project="acme/shop")
        mine = bot.upload(project="acme/site", again=True)["id"]

        assert listener.next()["plan"] == mine
    with listening(bot, 0, token=token) as listener:
        assert listener.next()["plan"] == mine


def test_nobody_unknown_and_no_page_of_others_is_let_in(bot: Bot) -> None:
    for headers in ({"token": ""}, {"token": "wrong"}, {"origin": "https://evil.example"}):
        with pytest.raises(InvalidStatus) as refused, listening(bot, **headers):  # type: ignore[arg-type]
            pass
        assert refused.value.response.status_code == 403


def test_a_browser_follows_with_its_session(bot: Bot) -> None:
    with httpx.Client(base_url=bot.url, headers={"Origin": bot.url}, trust_env=False) as browser:
        sign_in(browser)
        cookie = f"phasebot={browser.cookies['phasebot']}"
    url = bot.url.replace("http", "ws") + "/ws"
    with connect(url, additional_headers={"Cookie": cookie}, origin=Origin(bot.url), proxy=None) as connection:
        assert json.loads(connection.recv(timeout=PATIENCE))["type"] == "hello"


def test_silence_is_broken_by_a_heartbeat(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "HEARTBEAT", 0.01)

    with listening(bot) as listener:
        listener.next("ping")


def test_a_revoked_token_follows_no_longer(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "HEARTBEAT", 0.01)
    token = bot.post("/api/tokens", {"name": "site", "role": "viewer"})

    with listening(bot, token=token["token"]) as listener:
        listener.next("ping")
        bot.http.delete(f"/api/tokens/{token['id']}")

        assert listener.closed() == 1008


def test_who_falls_behind_is_sent_away_and_nobody_else(phasebot: Phasebot) -> None:
    access = Access(TOKEN, local_only=True)
    app = create_app(phasebot, access)
    with served(phasebot, access, app) as url:
        bot = Bot(phasebot, url)
        with bot.http, listening(bot) as listener:
            listener.next("hello")
            (slow,) = app.state.feed._followers
            much = feed.Frame.of("changes", 2**40, changes=[], filler="." * 500_000)

            def burst() -> None:
                for _ in range(100):  # more at one moment than the system takes from anybody
                    slow.put(much)

            with listening(bot) as other:
                other.next("hello")
                app.state.feed._loop.call_soon_threadsafe(burst)
                assert listener.closed() == 1013
                bot.upload()
                other.next()


def test_a_full_house_says_so(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_FOLLOWERS", 1)
    with listening(bot) as first:
        first.next("hello")
        with pytest.raises(InvalidStatus), listening(bot):
            pass


def test_commits_of_another_process_on_the_same_sqlite_are_told_too(bot: Bot) -> None:
    plan = bot.upload()["id"]
    with listening(bot) as listener:
        listener.next("hello")
        with closing(sqlite3.connect(bot.phasebot.settings.home / "phasebot.db")) as database:
            database.execute(
                "INSERT INTO events (plan_id, kind, cause, actor, facts, at) VALUES (?, 'elsewhere', 'c', '', '{}', 0)",
                (plan,),
            )
            database.commit()

        listener.next(kinds=["elsewhere"])


def test_without_a_socket_changes_are_asked_for(bot: Bot) -> None:
    seq = bot.get("/api/changes")["seq"]
    plan = bot.upload()["id"]

    found = bot.get("/api/changes", after=seq)

    assert [one["plan"] for one in found["changes"]] == [plan]
    assert bot.get("/api/changes", after=found["seq"])["changes"] == []
    error_of(bot.http.get("/api/changes", params={"after": -1}), 422)


@pytest.mark.postgres
def test_on_postgresql_the_commit_of_one_process_is_told_by_another(tmp_path: Any) -> None:
    with postgres.running() as new_database:
        url = new_database()
        settings = Settings(database_url=url)
        options = Options(workspace=tmp_path, issues=False)
        access = Access(TOKEN, local_only=True)
        with Phasebot(settings, options) as working, Phasebot(settings, options) as serving:
            working.start()
            with (
                served(serving, access) as there,
                served(working, access) as here,
                listening(Bot(serving, there)) as listener,
                Bot(working, here).http as http,
            ):
                listener.next("hello")
                plan = ok(http.post("/api/plans", content=PLAN))["plan"]["id"]

                listener.next(plan=plan)
