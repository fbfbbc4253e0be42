"""Failures: whatever goes wrong, the answer is the envelope, and the log has the request id."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message
from structlog.testing import capture_logs

from bot.bootstrap import Phasebot
from bot.store import database
from bot.web import health
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.bodies import read_body
from bot.web.failures import Problem
from services.domain.errors import NotAllowed, RemoteUnavailable, StorageUnavailable, TransientError, UserError

from .conftest import TOKEN, Bot, error_of, running_bot, served


def test_an_unknown_path_is_the_envelope(bot: Bot) -> None:
    assert error_of(bot.http.get("/api/nothing"), 404)["type"] == "not_found"


def test_a_wrong_method_is_the_envelope_and_names_the_right_ones(bot: Bot) -> None:
    answer = bot.http.delete("/api/plans")

    assert error_of(answer, 405)["type"] == "method_not_allowed"
    assert answer.headers["allow"]


def test_a_request_keeps_the_id_it_came_with(bot: Bot) -> None:
    answer = bot.http.get("/api/nothing", headers={"X-Request-Id": "from-the-proxy.1"})

    assert error_of(answer, 404)["request_id"] == "from-the-proxy.1"


@pytest.mark.parametrize("given", ["a b", "x" * 65, 'x"y', b"\xff", ""])
def test_an_id_that_would_spoil_the_log_is_replaced(bot: Bot, given: Any) -> None:
    id = error_of(bot.http.get("/api/nothing", headers={"X-Request-Id": given}), 404)["request_id"]

    assert id != given
    assert len(id) == 32


def test_good_answers_have_a_request_id_too(bot: Bot) -> None:
    assert bot.http.get("/healthz").headers["x-request-id"]


# ---------------------------------------------------------------- what routes may raise


@pytest.fixture
def failing(phasebot: Phasebot) -> Iterator[tuple[httpx.Client, list[Exception]]]:
    """A server with one route more, which raises what the test puts into the list."""
    app = create_app(phasebot, Access(TOKEN, local_only=True))
    errors: list[Exception] = []

    @app.get("/fail")
    def fail() -> None:
        raise errors.pop()

    with (
        served(phasebot, Access(TOKEN, local_only=True), app) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as http,
    ):
        yield http, errors


@pytest.mark.parametrize(
    ("error", "status", "type"),
    [
        (NotAllowed("no"), 403, "not_allowed"),
        (RemoteUnavailable("GitHub will not answer"), 502, "remote_unavailable"),
        (StorageUnavailable("the disk is full"), 503, "storage_unavailable"),
        (UserError("no"), 400, "invalid"),
        (TransientError("busy", retry_after=7), 503, "try_again"),
    ],
)
def test_each_kind_of_error_has_its_status(
    failing: tuple[httpx.Client, list[Exception]], error: Exception, status: int, type: str
) -> None:
    http, errors = failing
    errors.append(error)

    assert error_of(http.get("/fail"), status)["type"] == type


def test_an_error_says_where_and_how_to_mend_it(failing: tuple[httpx.Client, list[Exception]]) -> None:
    http, errors = failing
    errors.append(StorageUnavailable("the disk is full", where="/data/db", fix="Free some space."))

    error = error_of(http.get("/fail"), 503)

    assert error["message"] == "the disk is full"
    assert error["details"] == {"where": "/data/db", "fix": "Free some space."}


def test_what_may_pass_says_when_to_come_back(failing: tuple[httpx.Client, list[Exception]]) -> None:
    http, errors = failing
    errors.append(TransientError("busy", retry_after=7))

    assert http.get("/fail").headers["retry-after"] == "7"


def test_a_mistake_of_our_own_tells_nothing_but_its_id_and_is_in_the_log(
    failing: tuple[httpx.Client, list[Exception]],
) -> None:
    http, errors = failing
    errors.append(RuntimeError("the secret is xyzzy"))

    with capture_logs() as lines:
        answer = http.get("/fail")

    error = error_of(answer, 500)
    assert error["type"] == "internal"
    assert "xyzzy" not in answer.text
    (line,) = [line for line in lines if line["event"] == "request_failed"]
    assert (line["request"], line["path"]) == (error["request_id"], "/fail")


# ---------------------------------------------------------------- health


def test_a_healthy_process_says_so_to_everyone(bot: Bot) -> None:
    for path in ("/healthz", "/readyz"):
        assert bot.http.get(path, headers={"Authorization": "", "Host": "probe.internal"}).json() == {"status": "ok"}


def test_a_process_whose_loop_does_not_turn_is_alive_but_not_ready(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_PATIENCE", 0.05)
    bot.phasebot.loop.stop()

    assert bot.http.get("/healthz").status_code == 200
    assert error_of(bot.http.get("/readyz"), 503)["type"] == "not_ready"


def test_a_locked_database_is_not_ready_and_takes_nothing_in_until_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT", 0.05)
    access = Access(TOKEN, local_only=True)
    with (
        running_bot(tmp_path) as phasebot,
        served(phasebot, access) as url,
        closing(sqlite3.connect(tmp_path / "phasebot.db", isolation_level=None)) as other,
    ):
        bot = Bot(phasebot, url)
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in error_of(bot.http.get("/readyz"), 503)["message"]
        assert error_of(bot.http.post("/api/request", json={"text": "x"}), 503)["type"] == "storage_unavailable"

        other.execute("ROLLBACK")

        assert bot.http.get("/readyz").status_code == 200
        bot.post("/api/request", {"text": "x"})
        bot.http.close()


# ---------------------------------------------------------------- bodies


def test_a_body_that_does_not_end_is_not_waited_for_for_ever() -> None:
    begun = False

    async def half() -> Message:
        nonlocal begun
        if begun:
            await asyncio.Event().wait()
        begun = True
        return {"type": "http.request", "body": b"{", "more_body": True}

    request = Request({"type": "http", "method": "POST", "headers": []}, half)

    with pytest.raises(Problem) as refused:
        asyncio.run(read_body(request, 10, patience=0.01))

    assert (refused.value.status, refused.value.type) == (408, "too_slow")
