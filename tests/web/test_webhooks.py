"""Webhooks: verified, stored, answered; whatever is wrong with one leaves nothing behind."""

from __future__ import annotations

import gzip
import hmac
import json
import socket
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot import metrics
from bot.bootstrap import Options, Phasebot
from bot.localhub import Hub, HubServer
from bot.settings import Settings
from bot.web import gathering, webhooks
from bot.web.auth import Access

from .conftest import PATIENCE, SECRET, TOKEN, Bot, error_of, running_bot, served

PATH = "/webhooks/github"
ISSUE = json.dumps(
    {
        "action": "opened",
        "issue": {"id": 7, "number": 1, "state": "open", "updated_at": "2026-11-20T12:00:00Z"},
        "repository": {"full_name": "acme/site"},
        "sender": {"login": "ada"},
    }
).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def headers_for(body: bytes, event: str = "issues", **more: Any) -> dict[str, Any]:
    return {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": signature(body),
        "Content-Type": "application/json",
        "Authorization": "",
    } | {name.replace("_", "-"): value for name, value in more.items()}


def send(bot: Bot, body: bytes = ISSUE, event: str = "issues", **more: Any) -> httpx.Response:
    return bot.http.post(PATH, content=body, headers=headers_for(body, event, **more))


def stored(bot: Bot) -> int:
    return sum(bot.phasebot.store.views.counts().deliveries.values())


def test_the_signature_is_the_one_github_documents(bot: Bot) -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""
    documented = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    body = b"Hello, World!"

    error = error_of(send(bot, body, X_Hub_Signature_256=documented), 400)

    assert error["type"] == "payload_invalid"  # past the signature


def test_a_delivery_is_stored_before_it_is_answered(bot: Bot) -> None:
    answer = send(bot)

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert kept(bot) == [("issues", ISSUE)]


def kept(bot: Bot) -> list[tuple[str, bytes]]:
    """Event and payload of each webhook in the database, in the order of arrival, whatever became of it since."""
    with closing(sqlite3.connect(bot.phasebot.settings.home / "phasebot.db")) as database:
        return database.execute("SELECT event, body FROM inbox WHERE source = 'github' ORDER BY seq").fetchall()


def test_the_same_delivery_twice_is_one(bot: Bot) -> None:
    guid = str(uuid.uuid4())

    answers = [send(bot, X_GitHub_Delivery=guid) for _ in range(2)]

    assert [answer.json()["status"] for answer in answers] == ["accepted", "duplicate"]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert stored(bot) == 1


def test_a_flood_from_many_connections_is_stored_without_loss_or_doubles(bot: Bot) -> None:
    guids = [str(uuid.uuid4()) for _ in range(100)] * 3

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda guid: send(bot, X_GitHub_Delivery=guid), guids))

    assert {answer.status_code for answer in answers} == {202}
    assert sum(answer.json()["status"] == "accepted" for answer in answers) == 100
    assert stored(bot) == 100


def test_a_form_carries_the_same_payload(bot: Bot) -> None:
    body = urlencode({"payload": ISSUE.decode()}).encode()

    assert send(bot, body, Content_Type="application/x-www-form-urlencoded").status_code == 202

    assert kept(bot) == [("issues", ISSUE)]


def test_the_secret_before_is_accepted_while_it_is_rotated(tmp_path: Path) -> None:
    secrets = {"webhook_secret": SecretStr("new"), "webhook_secret_old": SecretStr("old")}
    with running_bot(tmp_path, **secrets) as phasebot, served(phasebot, Access(TOKEN, local_only=True)) as url:
        bot = Bot(phasebot, url)
        with bot.http:
            for secret, status in (("new", 202), ("old", 202), ("older", 401)):
                assert send(bot, X_Hub_Signature_256=signature(ISSUE, secret)).status_code == status


@pytest.mark.parametrize(
    "given",
    [
        signature(ISSUE, "another secret"),
        "sha1=" + hmac.new(SECRET.encode(), ISSUE, "sha1").hexdigest(),
        "sha256=",
        b"sha256=\xff\xfe",
        "",
        signature(ISSUE).upper(),
        signature(ISSUE) + "0",
    ],
    ids=["another secret", "SHA-1", "empty", "not ASCII", "missing", "shouted", "longer"],
)
def test_what_is_not_signed_with_our_secret_is_refused_and_leaves_nothing(bot: Bot, given: Any) -> None:
    assert error_of(send(bot, X_Hub_Signature_256=given), 401)["type"] == "signature_invalid"
    assert stored(bot) == 0


def test_a_changed_body_does_not_fit_its_signature(bot: Bot) -> None:
    error_of(send(bot, ISSUE.replace(b"1", b"2"), X_Hub_Signature_256=signature(ISSUE)), 401)


def test_the_signature_is_looked_at_before_the_payload(bot: Bot) -> None:
    error_of(send(bot, b"not JSON", X_Hub_Signature_256=signature(ISSUE)), 401)


def test_without_a_secret_no_webhook_is_believed(tmp_path: Path) -> None:
    with running_bot(tmp_path) as phasebot, served(phasebot, Access(TOKEN, local_only=True)) as url:
        bot = Bot(phasebot, url)
        with bot.http:
            error = error_of(send(bot, X_Hub_Signature_256=signature(ISSUE, "")), 503)

    assert error["type"] == "webhooks_not_configured"
    assert "PHASEBOT_WEBHOOK_SECRET" in error["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"null", b"1", b'{"a": ' + b"[" * 100_000, b"\xff", b'{"a": "' + b"x" * 100_000],
    ids=["nothing", "cut", "list", "text", "null", "number", "nested", "not UTF-8", "large and cut"],
)
def test_a_payload_that_is_no_json_object_is_refused(bot: Bot, body: bytes) -> None:
    assert error_of(send(bot, body), 400)["type"] == "payload_invalid"
    assert stored(bot) == 0


@pytest.mark.parametrize(
    "spoil",
    [
        gzip.compress,
        lambda body: body.decode().encode("utf-16"),
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.replace(b"ada", b"\xe9va"),
    ],
    ids=["gzip", "UTF-16", "byte order mark", "Latin-1"],
)
def test_a_payload_in_another_encoding_is_refused(bot: Bot, spoil: Callable[[bytes], bytes]) -> None:
    assert error_of(send(bot, spoil(ISSUE)), 400)["type"] == "payload_invalid"
    assert stored(bot) == 0


def test_whatever_is_refused_leaves_one_line_in_the_log_and_is_counted(bot: Bot) -> None:
    refused = metrics.webhooks.labels("unknown", "signature_invalid")
    before = refused._value.get()

    with capture_logs() as lines:
        send(bot, X_Hub_Signature_256=b"sha256=\xff")
        send(bot, b"[]")
        send(bot, event="two words")

    assert [line["event"] for line in lines] == ["webhook_refused"] * 3
    assert [(line["reason"], line["status"]) for line in lines] == [
        ("signature_invalid", 401),
        ("payload_invalid", 400),
        ("header_invalid", 400),
    ]
    assert refused._value.get() == before + 1


@pytest.mark.parametrize("body", [b"payload=%7B", b"other=1", b"&" * 50_000, b"=".join([b"&x"] * 1000)])
def test_a_form_without_a_payload_is_refused(bot: Bot, body: bytes) -> None:
    error_of(send(bot, body, Content_Type="application/x-www-form-urlencoded; charset=utf-8"), 400)


@pytest.mark.parametrize("name", ["X-GitHub-Event", "X-GitHub-Delivery"])
@pytest.mark.parametrize("value", ["", "two words", "x" * 101, b"\xff"], ids=["missing", "words", "long", "not ASCII"])
def test_headers_that_name_nothing_are_refused(bot: Bot, name: str, value: Any) -> None:
    assert error_of(send(bot, **{name: value}), 400)["type"] == "header_invalid"


def test_a_ping_is_answered(bot: Bot) -> None:
    answer = send(bot, b'{"zen": "Keep it logically awesome."}', "ping")

    assert (answer.status_code, answer.json()) == (202, {"status": "pong"})
    assert stored(bot) == 0


def test_an_event_that_we_do_not_listen_to_is_taken_and_forgotten(bot: Bot) -> None:
    answer = send(bot, event="watch")

    assert (answer.status_code, answer.json()) == (202, {"status": "ignored"})
    assert stored(bot) == 0


def test_a_body_that_is_announced_too_large_is_not_even_read(bot: Bot) -> None:
    with raw(bot) as connection:
        connection.sendall(head({"Content-Length": str(webhooks.LARGEST + 1)}))

        assert b" 413 " in answered(connection)


def test_a_body_that_grows_too_large_is_cut_off(bot: Bot) -> None:
    piece = b"x" * (1024 * 1024)

    with raw(bot) as connection:
        connection.sendall(head({"Transfer-Encoding": "chunked"}))
        try:
            for _ in range(26):
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        except OSError:
            pass  # the server has heard enough

        assert b" 413 " in answered(connection)
    assert stored(bot) == 0


def test_a_payload_of_20_mb_is_stored(bot: Bot) -> None:
    body = json.dumps({"padding": "x" * (20 * 1024 * 1024)}).encode()

    assert send(bot, body).status_code == 202


def test_a_slow_sender_holds_nobody_up(bot: Bot) -> None:
    with raw(bot) as connection:
        connection.sendall(head({**headers_for(ISSUE), "Content-Length": str(len(ISSUE))}))
        connection.sendall(ISSUE[:5])

        assert send(bot).status_code == 202

        connection.sendall(ISSUE[5:])
        assert b" 202 " in answered(connection)
    assert stored(bot) == 2


def test_a_sender_who_leaves_in_the_middle_leaves_nothing_behind(bot: Bot) -> None:
    with raw(bot) as connection:
        connection.sendall(head({**headers_for(ISSUE), "Content-Length": str(len(ISSUE))}) + ISSUE[:5])

    assert send(bot).status_code == 202
    assert stored(bot) == 1


def test_a_delivery_that_cannot_be_stored_in_time_is_to_be_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody coordinates: the process is about to die, or its disk hangs."""
    monkeypatch.setattr(gathering, "PATIENCE", 0.05)
    settings = Settings(database_url=str(tmp_path / "db"), webhook_secret=SecretStr(SECRET))
    with Phasebot(settings, Options(issues=False)) as phasebot, served(phasebot, Access(TOKEN, local_only=True)) as url:
        bot = Bot(phasebot, url)
        with bot.http:
            assert error_of(send(bot), 503)["type"] == "try_again"


# ---------------------------------------------------------------- sent by a tracker


@pytest.fixture
def hub(bot: Bot) -> Iterator[Hub]:
    """acme/site, whose webhooks come to the bot."""
    hub = Hub(None)
    with HubServer(hub):
        hub.create_user("ada")
        hub.create_repository("acme/site")
        hub.add_collaborator("acme/site", "ada", "admin")
        yield hub
    hub.close()


def test_what_a_person_does_in_the_tracker_arrives(bot: Bot, hub: Hub) -> None:
    hub.add_hook("acme/site", f"{bot.url}{PATH}", secret=SECRET)

    issue = hub.create_issue("acme/site", "ada", "Mend it")
    hub.close_issue("acme/site", issue.number, "ada")
    hub.drain_deliveries()

    events = [json.loads(body) for _, body in kept(bot)]
    assert [(event["action"], event["issue"]["title"]) for event in events] == [
        ("opened", "Mend it"),
        ("closed", "Mend it"),
    ]


def test_a_tracker_with_another_secret_is_told_so(bot: Bot, hub: Hub) -> None:
    hook = hub.add_hook("acme/site", f"{bot.url}{PATH}", secret="wrong")

    hub.create_issue("acme/site", "ada", "Mend it")
    hub.drain_deliveries()

    assert stored(bot) == 0
    assert hub.hooks.by_id(hook.id).last_answer.code == 401


# ---------------------------------------------------------------- bytes on the wire


def raw(bot: Bot) -> socket.socket:
    where = urlsplit(bot.url)
    return socket.create_connection((where.hostname, where.port), timeout=PATIENCE)


def head(headers: dict[str, str]) -> bytes:
    needed = {"Host": "127.0.0.1", "X-Hub-Signature-256": signature(b"")} | headers
    lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in needed.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answered(connection: socket.socket) -> bytes:
    """The status line."""
    return connection.makefile("rb").readline()
