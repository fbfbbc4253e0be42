"""Bad input: what is too large, too slow, binary, or not what it says it is, and what that leads to."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.responses import Response, StreamingResponse
from websockets.sync.client import connect

from bot.web import bodies, patience
from bot.web.app import create_app
from bot.web.auth import Access

from .conftest import PLAN, TOKEN, Bot, error_of, ok, running_bot, served

MB = 1024 * 1024
SCRIPT = "<script>alert(1)</script>"


@contextmanager
def connected(bot: Bot) -> Iterator[socket.socket]:
    place = urlsplit(bot.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as made:
        yield made


def all_of(connection: socket.socket) -> bytes:
    """What comes until the other side closes the connection."""
    found = b""
    while part := connection.recv(65536):
        found += part
    return found


def head(*lines: str, path: str = "/api/request") -> bytes:
    always = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {TOKEN}")
    return "\r\n".join((*always, *lines, "", "")).encode()


# ---------------------------------------------------------------- slow senders


BODILESS = head("Content-Length: 5", path="/webhooks/github")


@pytest.mark.parametrize(
    "sent", [b"", b"GET /", head()[:-2], b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /", BODILESS]
)
def test_who_never_finishes_the_head_of_a_request_or_never_begins_its_body_is_shown_out(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(patience, "HEAD_PATIENCE", 0.2)

    with connected(bot) as connection:
        connection.sendall(sent)
        answer = all_of(connection)

    assert b"HTTP/1.1 408 Request Timeout\r\n" in answer
    assert bot.get("/healthz") == {"status": "ok"}


LARGE = 48 * 1024 * 1024
"""More than the system keeps for somebody who does not read."""


@pytest.fixture
def generous(tmp_path: Path) -> Iterator[Bot]:
    """It has an answer that is LARGE, at once and in pieces."""
    with running_bot(tmp_path) as phasebot:
        access = Access(TOKEN, local_only=True)
        app = create_app(phasebot, access)
        app.add_api_route("/healthz/whole", lambda: Response(b"x" * LARGE))
        app.add_api_route("/healthz/pieces", lambda: StreamingResponse(b"x" * 8192 for _ in range(LARGE // 8192)))
        with served(phasebot, access, app) as url:
            bot = Bot(phasebot, url)
            with bot.http:
                yield bot


def read_byte_by_byte(connection: socket.socket) -> None:
    while connection.recv(1):
        sleep(0.0005)


@pytest.mark.parametrize("kind", ["whole", "pieces"])
def test_who_does_not_read_its_answer_holds_no_connection(
    generous: Bot, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(patience, "READ_PATIENCE", 0.2)

    place = urlsplit(generous.url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((place.hostname, place.port))
        connection.sendall(f"GET /healthz/{kind} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            read_byte_by_byte(connection)

    assert generous.get("/healthz") == {"status": "ok"}


@pytest.mark.parametrize("kind", ["whole", "pieces"])
def test_who_reads_slowly_but_steadily_has_all_of_it(generous: Bot, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(patience, "READ_PATIENCE", 0.2)

    with connected(generous) as connection:
        lines = f"GET /healthz/{kind} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        connection.sendall(lines.encode())
        read = 0
        while part := connection.recv(1024 * 1024):
            read += part.count(b"x")
            sleep(0.02)

    assert read >= LARGE


def test_a_live_connection_is_no_request_that_never_ends(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_PATIENCE", 0.05)
    asked, url = {"Authorization": f"Bearer {TOKEN}"}, bot.url.replace("http", "ws")

    with connect(f"{url}/ws", additional_headers=asked, proxy=None) as live:
        sleep(0.2)

        assert live.ping().wait(20)


def test_a_head_of_any_size_is_not_taken(bot: Bot) -> None:
    with connected(bot) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + b"X-A: %s\r\n" % (b"a" * 1000) * 70)

        assert all_of(connection).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("kind", ["application/json", "text/markdown", "application/x-www-form-urlencoded"])
def test_a_body_that_comes_too_slowly_is_408_whoever_reads_it(tmp_path: Path, kind: str) -> None:
    path = "/api/plans" if kind == "text/markdown" else "/api/request"
    with impatient(tmp_path, patience=0.2) as bot, connected(bot) as connection:
        connection.sendall(head("Content-Length: 100", f"Content-Type: {kind}", path=path) + b"{")
        answer = all_of(connection)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "too_slow"


@contextmanager
def impatient(folder: Path, **guard: Any) -> Iterator[Bot]:
    """A server with other limits for bodies."""
    with running_bot(folder) as phasebot:
        access = Access(TOKEN, local_only=True)
        app = create_app(phasebot, access)
        (kept,) = [one for one in app.user_middleware if getattr(one.cls, "__name__", "") == "BodyGuard"]
        kept.kwargs.update(guard)
        with served(phasebot, access, app) as url:
            bot = Bot(phasebot, url)
            with bot.http:
                yield bot


# ---------------------------------------------------------------- large ones


def test_a_body_that_is_announced_too_large_is_not_even_read(bot: Bot) -> None:
    with connected(bot) as connection:
        connection.sendall(head(f"Content-Length: {bodies.LARGEST + 1}", "Content-Type: application/json"))

        answer = all_of(connection)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "too_large"


def test_a_body_that_becomes_too_large_is_413_also_where_it_is_json(tmp_path: Path) -> None:
    with impatient(tmp_path, limit=10_000) as bot:
        sent = bot.http.post(
            "/api/request",
            content=(b'{"text": "' + b"x" * 1000 if not n else b"x" * 1000 for n in range(20)),
            headers={"Content-Type": "application/json"},
        )

        assert error_of(sent, 413)["details"] == {"limit": 10_000}


def test_one_limit_holds_for_every_way_in(tmp_path: Path) -> None:
    plan = PLAN + "x" * (2 * MB)
    with running_bot(tmp_path, upload_mb=2) as phasebot, served(phasebot, Access(TOKEN, local_only=True)) as url:
        bot = Bot(phasebot, url)
        with bot.http as http:
            refused = [
                http.post("/api/plans", content=plan),
                http.post("/api/plans", files={"plan": ("site.md", plan)}),
                http.post("/api/plans", files={"plan": (None, plan)}),
                http.post("/api/preview", content=plan),
                http.post("/api/request", json={"text": plan}),
            ]
            assert {error_of(answer, 413)["type"] for answer in refused} == {"too_large"}
            assert {answer.json()["error"]["details"]["limit"] for answer in refused} == {2 * MB}
            pasted = PLAN + "x" * (2 * MB - len(PLAN))
            ok(http.post("/api/preview", files={"plan": (None, pasted)}))
            ok(http.post("/api/request", json={"text": pasted}))
            assert len(bot.get("/api/plans")["plans"]) == 1


# ---------------------------------------------------------------- what is no text


@pytest.mark.parametrize("path", ["/api/plans", "/api/preview"])
@pytest.mark.parametrize(
    "sent",
    [b"\x89PNG\r\n\x1a\n\0\0", b"# Plan\n\n## Phase 1: \xff\xfe\n", PLAN.encode("utf-16")],
    ids=["png", "latin", "utf-16"],
)
def test_a_binary_upload_is_refused_with_the_reason(bot: Bot, path: str, sent: bytes) -> None:
    for answer in (bot.http.post(path, content=sent), bot.http.post(path, files={"plan": ("x.md", sent)})):
        error = error_of(answer, 422)
        assert error["type"] == "plan_unreadable"
        assert error["details"]["fix"]
    assert bot.get("/api/plans")["plans"] == []
    assert bot.get("/api/preview")["previews"] == []


def test_the_markup_of_others_is_text_wherever_it_stands(bot: Bot) -> None:
    one = {"title": SCRIPT, "content": f"{SCRIPT}\n\n- [ ] T1 {SCRIPT}", "externalDocs": [f"docs/{SCRIPT[:8]}.md"]}
    phases = [{"number": 1} | one, {"number": 2} | one]
    plan = bot.post("/api/request", {"title": SCRIPT, "text": SCRIPT, "phases": phases, "project": "acme/site"})[
        "plan_id"
    ]
    phase = bot.get(f"/api/plans/{plan}")["phases"][0]["queue_id"]
    sent = {"plan": (f"{SCRIPT}.md", f"# {SCRIPT}\n\n## Phase 1: {SCRIPT}\n\n{SCRIPT}\n")}
    draft = ok(bot.http.post("/api/preview", files=sent))["previews"][0]["id"]
    bot.post("/api/tools/noop/execute", {"arguments": {"name": SCRIPT}})
    bot.post(f"/api/phases/{phase}/cancel", {"why": SCRIPT})

    pages = {
        path: bot.http.get(path, headers={"Accept": "text/html"})
        for path in (
            *("/", "/plans", "/queue", "/activity", "/drafts", f"/drafts/{draft}", "/projects", "/tokens"),
            *(
                f"/plans/{plan}",
                f"/phases/{phase}",
                "/deliveries",
                "/outbox",
                "/workers",
                "/tools",
                f"/plans?q={SCRIPT}",
            ),
        )
    }
    for path, page in pages.items():
        assert page.status_code == 200, path
        assert SCRIPT not in page.text, path
    for path in ("/", "/plans", "/queue", f"/plans/{plan}", f"/phases/{phase}"):
        assert "&lt;script&gt;" in pages[path].text, path
    for path in ("/api/plans", f"/api/plans/{plan}", "/api/queue", "/api/jobs", "/api/preview", "/api/events"):
        answer = bot.http.get(path)
        assert answer.headers["content-type"].startswith("application/json"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
