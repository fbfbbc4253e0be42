"""Linked plans are read in the bot's name, attachments in nobody's, and neither leads anywhere it should not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.github.app import AppIdentity
from bot.github.documents import Documents
from bot.github.fetching import Bounds, FetchRefused, fetch
from bot.github.identity import PersonalToken
from bot.localhub import Hub, HubServer
from services.domain.errors import NotAllowed, NotFound, RemoteUnavailable
from services.planning.links import Attachment, RepositoryFile
from tests.localhub.apps import installed
from tests.localhub.conftest import REPO, MovedClock

from .conftest import BOT, Moment

PLAN = "# Plan ✓\r\n\r\n## Phase 1: A\n"


@pytest.fixture
def documents(hub: Hub, server: HubServer) -> Documents:
    hub.put_file(REPO, "docs/a plan.md", PLAN)
    return Documents(server.url, PersonalToken(hub.create_token(BOT)), api_version="2022-11-28")


@pytest.mark.parametrize("ref", ["", "main", "HEAD"])
def test_a_file_is_read_byte_for_byte(documents: Documents, ref: str) -> None:
    linked = documents.read(RepositoryFile(REPO, "docs/a plan.md", ref))
    assert (linked.text, linked.source, linked.project) == (PLAN.encode(), "docs/a plan.md", REPO)


@pytest.mark.parametrize(("path", "ref"), [("docs/none.md", ""), ("docs/a plan.md", "nowhere")])
def test_what_is_not_there_is_named(documents: Documents, path: str, ref: str) -> None:
    with pytest.raises(NotFound, match="there is no acme/site:docs/") as refused:
        documents.read(RepositoryFile(REPO, path, ref))
    assert "may read" in refused.value.fix


def test_a_file_longer_than_any_plan_is_not_read(documents: Documents, hub: Hub) -> None:
    hub.put_file(REPO, "long.md", "x" * (5 * 1024 * 1024 + 1))
    with pytest.raises(FetchRefused, match="more than"):
        documents.read(RepositoryFile(REPO, "long.md"))


def test_an_app_reads_with_a_token_for_contents(hub: Hub, server: HubServer, clock: MovedClock) -> None:
    hub.put_file(REPO, "plan.md", PLAN)
    app, key = installed(hub)
    identity = AppIdentity(server.url, str(app.id), key, Moment(clock))
    assert Documents(server.url, identity).read(RepositoryFile(REPO, "plan.md")).text == PLAN.encode()
    identity.close()


def test_what_everybody_may_read_needs_nobodys_name(hub: Hub, server: HubServer) -> None:
    hub.put_file(REPO, "plan.md", PLAN)
    assert Documents(server.url, None).read(RepositoryFile(REPO, "plan.md")).text == PLAN.encode()


# ---------------------------------------------------------------- attachments

Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, Reply]], str]]:
    servers: list[ThreadingHTTPServer] = []
    seen: list[str] = []

    def start(replies: dict[str, Reply]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.headers.get("Authorization", ""))
                status, headers, body = replies[self.path]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing is to be printed."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
    assert not any(seen), "an attachment is fetched without credentials"


HERE = Bounds(("127.0.0.1",), 1000, schemes=("http",), private=True)


def test_an_attachment_is_followed_to_where_it_is_stored(serve: Callable[[dict[str, Reply]], str]) -> None:
    storage = serve({"/stored?sig=1": (200, {}, b"# Plan")})
    url = serve({"/files/1/plan.md": (302, {"Location": f"{storage}/stored?sig=1"}, b"")}) + "/files/1/plan.md"
    read = Documents("https://api.github.com", PersonalToken("secret"), attachments=HERE).read(Attachment(url))
    assert (read.text, read.project) == (b"# Plan", None)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_private_attachment_is_to_be_pasted_or_committed(
    serve: Callable[[dict[str, Reply]], str], status: int
) -> None:
    url = serve({"/f": (status, {}, b"")}) + "/f"
    with pytest.raises(NotAllowed) as refused:
        Documents("https://api.github.com", None, attachments=HERE).read(Attachment(url))
    assert "Paste the plan into the issue, or commit it" in refused.value.fix


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:1/",
        "http://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://ada@127.0.0.1/",
    ],
)
def test_every_hop_is_held_against_the_bounds(serve: Callable[[dict[str, Reply]], str], target: str) -> None:
    url = serve({"/f": (302, {"Location": target}, b"")}) + "/f"
    with pytest.raises(FetchRefused, match="not fetched from"):
        fetch(url, HERE)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:10.0.0.1",
    ],
)
def test_a_name_that_leads_into_a_private_network_is_refused(address: str) -> None:
    bounds = Bounds(("github.com", ".githubusercontent.com"), 1000, resolve=lambda *_: ["140.82.112.3", address])
    with pytest.raises(FetchRefused, match="private network"):
        fetch("https://github.com/user-attachments/files/1/plan.md", bounds)


@pytest.mark.parametrize("host", ["github.com.evil.example", "evilgithubusercontent.com", "githubusercontent.com.evil"])
def test_a_name_that_looks_alike_is_another(host: str) -> None:
    with pytest.raises(FetchRefused, match="not fetched from"):
        fetch(f"https://{host}/plan.md", Bounds(("github.com", ".githubusercontent.com"), 1000))


def test_a_circle_a_flood_and_a_trickle_are_left(serve: Callable[[dict[str, Reply]], str]) -> None:
    url = serve({"/round": (302, {"Location": "/round"}, b""), "/flood": (200, {}, b"x" * 100_000)})
    with pytest.raises(FetchRefused, match="on and on"):
        fetch(f"{url}/round", HERE)
    with pytest.raises(FetchRefused, match="more than 1,000 bytes"):
        fetch(f"{url}/flood", HERE)
    patient = Bounds(("127.0.0.1",), 1_000_000, schemes=("http",), private=True, seconds=-1)
    with pytest.raises(RemoteUnavailable, match="too long"):
        fetch(f"{url}/flood", patient)
