"""Refusals by status and headers: what is tried again, after how long, and what never is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from bot.github.client import Draft, GitHub
from bot.github.errors import AmbiguousWrite, RateLimited, Rejected, Unprocessable
from bot.github.session import Access
from services.domain.errors import NotAllowed, NotFound, RemoteUnavailable, TransientError
from tests.localhub.conftest import MovedClock

from .conftest import Moment

DRAFT = Draft(title="T", body="b")
RESET = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795176030"}  # half a minute after the clock's moment
ISSUE = {"id": 1, "number": 2, "state": "open", "title": "T", "user": {"login": "ada"}}


@dataclass
class Server:
    """Answers each request with what the test put into `answers`, the last one for ever; keeps what was asked."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def answer(self) -> tuple[int, dict[str, str], Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told.asked.append(f"{self.command} {self.path}")
            status, headers, body = told.answer()
            raw = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PATCH = reply

        def log_message(self, *_: object) -> None:
            """Nothing is to be printed."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def github(server: Server, clock: MovedClock) -> Iterator[GitHub]:
    github = GitHub(Access(server.url, "token", "2022-11-28"), Moment(clock))
    yield github
    github.close()


Told = tuple[int, dict[str, str], str, type[Exception], float | None]
CASES: dict[str, Told] = {
    "a wait in seconds": (403, {"Retry-After": "7"}, "secondary rate limit", RateLimited, 7),
    "a wait until a date": (429, {"Retry-After": "Fri, 20 Nov 2026 12:00:09 GMT"}, "slow down", RateLimited, 9),
    "a spent allowance": (403, RESET, "API rate limit exceeded for user", RateLimited, 31),
    "a spent allowance, the other status": (429, RESET, "", RateLimited, 31),
    "no word on how long": (429, {}, "", RateLimited, 60),
    "a limit in words alone": (403, {}, "You have exceeded a secondary rate limit.", RateLimited, 60),
    "busy, with a wait": (503, {"Retry-After": "20"}, "", AmbiguousWrite, 20),
    "busy": (502, {}, "", AmbiguousWrite, None),
    "gave up waiting": (408, {}, "", AmbiguousWrite, None),
    "at it already": (409, {}, "Merge conflict", TransientError, None),
    "no commits": (409, {}, "Git Repository is empty.", NotFound, None),
    "a sibling in the way": (422, {}, "Priority has already been taken", TransientError, 1),
    "no permission": (403, {}, "Resource not accessible by integration", NotAllowed, None),
    "no valid token": (401, {}, "Bad credentials", NotAllowed, None),
    "legal reasons": (451, {}, "Repository access blocked", NotAllowed, None),
    "issues switched off": (410, {}, "Issues has been disabled in this repository.", NotFound, None),
    "nothing there": (404, {}, "Not Found", NotFound, None),
    "not valid": (422, {}, "Validation Failed", Unprocessable, None),
    "not understood": (400, {}, "Problems parsing JSON", Unprocessable, None),
    "to be paid for": (402, {}, "Payment required", Rejected, None),
}


@pytest.mark.parametrize("name", list(CASES))
def test_a_refusal_is_known_by_its_status_and_headers(github: GitHub, server: Server, name: str) -> None:
    status, headers, message, kind, wait = CASES[name]
    server.answers = [(status, headers, {"message": message})]
    with pytest.raises(kind) as refused:
        github.create_issue("acme/site", DRAFT)
    assert type(refused.value) is kind or kind in (NotAllowed, NotFound)
    assert getattr(refused.value, "retry_after", None) == wait
    assert len(server.asked) == 1


def test_what_permission_would_do_is_passed_on(github: GitHub, server: Server) -> None:
    server.answers = [(403, {"X-Accepted-GitHub-Permissions": "issues=write"}, {"message": "Resource not accessible"})]
    with pytest.raises(NotAllowed) as refused:
        github.create_issue("acme/site", DRAFT)
    assert refused.value.fix == "Give it the permission issues=write."


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_repository_with_a_new_name_is_followed_with_the_whole_question(
    github: GitHub, server: Server, status: int
) -> None:
    """Without its query a list of our own issues would be one of everybody's."""
    there = f"{server.url}/repositories/9/issues?creator=ada&page=1"
    server.answers = [(status, {"Location": there}, None), (200, {}, [ISSUE])]
    github.__dict__["login"] = "ada"
    assert [one.number for one in github.own_issues("acme/site", None)] == [2]
    assert server.asked[1] == "GET /repositories/9/issues?creator=ada&page=1"


@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_write_is_followed_as_a_write(github: GitHub, server: Server, status: int) -> None:
    server.answers = [(status, {"Location": "/repositories/9/issues"}, None), (201, {}, ISSUE)]
    assert github.create_issue("acme/site", DRAFT).number == 2
    assert server.asked == ["POST /repos/acme/site/issues", "POST /repositories/9/issues"]


@pytest.mark.parametrize("target", ["https://elsewhere.invalid/x", "http://127.0.0.1:1/x", ""])
def test_the_token_goes_to_no_other_server(github: GitHub, server: Server, target: str) -> None:
    server.answers = [(307, {"Location": target}, None)]
    with pytest.raises(RemoteUnavailable, match="redirected"):
        github.create_issue("acme/site", DRAFT)
    assert len(server.asked) == 1


def test_a_circle_is_left(github: GitHub, server: Server) -> None:
    server.answers = [(301, {"Location": "/repos/acme/site/issues"}, None)]
    with pytest.raises(RemoteUnavailable, match="circles"):
        github.create_issue("acme/site", DRAFT)


def test_what_somebody_else_created_is_never_among_our_own(github: GitHub, server: Server) -> None:
    """Whatever the server makes of the question."""
    server.answers = [(200, {}, [ISSUE, {**ISSUE, "number": 3, "user": {"login": "eve"}}])]
    github.__dict__["login"] = "ada"
    assert [one.number for one in github.own_issues("acme/site", None)] == [2]
