"""The http tool, against a real server on this machine: where it goes, what it takes, and what it keeps to itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.tools.http import HttpOutput, HttpTool, Reach
from services.domain.failure import Failure
from services.execution.registry import Registry
from services.execution.tool_runner import ToolRunner
from tests.execution.kit import KeptFailures, StandingClock, context


class Answering(BaseHTTPRequestHandler):
    """`/to/URL` redirects there; `/long` answers much; `/status/N` answers N; anything else is told what was asked."""

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length).decode()
        if self.path.startswith("/to/"):
            return self._answer(302, b"", location=self.path.removeprefix("/to/"))
        if self.path.startswith("/status/"):
            return self._answer(int(self.path.removeprefix("/status/")), b"no")
        if self.path == "/long":
            return self._answer(200, b"x" * 10_000)
        told = {"method": self.command, "path": self.path, "key": self.headers.get("authorization"), "body": body}
        return self._answer(200, json.dumps(told).encode())

    do_POST = do_GET

    def _answer(self, status: int, body: bytes, location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("location", location)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


HERE = Reach(hosts=["127.0.0.1", "local*"], allow_private=True)


def ask(url: str, reach: Reach = HERE, folder: Path | str = "/", **arguments: Any) -> HttpOutput | Failure:
    runner = ToolRunner(Registry([HttpTool(reach)]), StandingClock(), KeptFailures())
    at = context(folder, environment={"API_KEY": "open sesame"}, placeholders={"title": "Ship"})
    result = runner.run("http", {"url": url, **arguments}, at)
    assert isinstance(result, HttpOutput | Failure)
    return result


def fails(*arguments: Any, **named: Any) -> str:
    result = ask(*arguments, **named)
    assert isinstance(result, Failure)
    return result.type


def told(answer: HttpOutput | Failure) -> dict[str, Any]:
    assert isinstance(answer, HttpOutput), answer
    return dict(json.loads(answer.text))


def test_a_request_is_sent_with_what_it_says(port: int) -> None:
    answer = ask(
        f"http://127.0.0.1:{port}/{{title}}", method="POST", json={"a": 1}, headers={"authorization": "{env:API_KEY}"}
    )

    assert told(answer) == {"method": "POST", "path": "/Ship", "key": "open sesame", "body": '{"a": 1}'}


def test_an_answer_is_saved_and_known_the_second_time(port: int, tmp_path: Path) -> None:
    first = ask(f"http://127.0.0.1:{port}/x", folder=tmp_path, save="got/x.json")
    second = ask(f"http://127.0.0.1:{port}/x", folder=tmp_path, save="got/x.json")

    assert isinstance(first, HttpOutput)
    assert isinstance(second, HttpOutput)
    assert (first.modified, second.modified) == (True, False)
    assert (tmp_path / "got" / "x.json").read_text() == first.text


def test_nowhere_is_allowed_unless_the_operator_says_so(port: int) -> None:
    assert fails(f"http://127.0.0.1:{port}/", Reach()) == "host_not_allowed"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_private_addresses_are_refused_whatever_their_name(port: int, host: str) -> None:
    assert fails(f"http://{host}:{port}/", replace(HERE, allow_private=False)) == "private_address"


def test_a_redirect_is_followed_and_keeps_secrets_from_other_places(port: int) -> None:
    here, key = f"http://127.0.0.1:{port}", {"Authorization": "{env:API_KEY}"}

    assert told(ask(f"{here}/to//same", headers=key))["key"] == "open sesame"
    assert told(ask(f"{here}/to/http://localhost:{port}/other", headers=key))["key"] is None


def test_a_redirect_to_a_place_that_is_not_allowed_is_refused(port: int) -> None:
    assert fails(f"http://127.0.0.1:{port}/to/http://169.254.169.254/latest") == "host_not_allowed"
    assert fails(f"http://127.0.0.1:{port}/to/file:///etc/passwd") == "bad_url"


def test_a_circle_of_redirects_ends(port: int) -> None:
    assert fails(f"http://127.0.0.1:{port}/to/" * 1 + f"/to/{'/to/' * 8}x") == "too_many_redirects"


def test_an_answer_has_a_longest_length(port: int) -> None:
    assert fails(f"http://127.0.0.1:{port}/long", most="1kB") == "answer_too_large"


@pytest.mark.parametrize(("status", "again"), [(404, False), (503, True), (429, True)])
def test_a_status_is_a_failure_and_says_whether_to_try_again(port: int, status: int, again: bool) -> None:
    failure = ask(f"http://127.0.0.1:{port}/status/{status}")

    assert isinstance(failure, Failure)
    assert (failure.type, failure.retryable) == ("http_status", again)


def test_a_status_that_is_expected_passes(port: int) -> None:
    assert isinstance(ask(f"http://127.0.0.1:{port}/status/404", expect=[404]), HttpOutput)


def test_nobody_there_may_pass(port: int) -> None:
    failure = ask("http://127.0.0.1:9/")

    assert isinstance(failure, Failure)
    assert (failure.type, failure.retryable) == ("not_reachable", True)


def test_an_address_with_a_login_is_refused() -> None:
    assert fails("http://ada:pass@127.0.0.1/") == "bad_url"
